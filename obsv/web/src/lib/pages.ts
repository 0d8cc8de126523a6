import type { Component } from 'svelte'
import type { Route } from './routes'

type Load = () => Promise<{ default: Component }>

/** Each page's code comes when the page is opened. */
const PAGES: Readonly<Record<Exclude<Route['page'], 'start'>, Load>> = {
  overview: () => import('../pages/Overview.svelte'),
  hosts: () => import('../pages/Hosts.svelte'),
  host: () => import('../pages/Host.svelte'),
  dashboards: () => import('../pages/Dashboards.svelte'),
  dashboard: () => import('../pages/Dashboard.svelte'),
  alerts: () => import('../pages/Alerts.svelte'),
  monitors: () => import('../pages/Monitors.svelte'),
  status: () => import('../pages/Status.svelte'),
  explore: () => import('../pages/Explore.svelte'),
  import: () => import('../pages/Import.svelte'),
  send: () => import('../pages/Send.svelte'),
  settings: () => import('../pages/Settings.svelte'),
  unknown: () => import('../pages/Unknown.svelte'),
}

/** The component of a page; the start is on its way to an overview. */
export async function load(page: Route['page']): Promise<Component> {
  return (await PAGES[page === 'start' ? 'overview' : page]()).default
}
