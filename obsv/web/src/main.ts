import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import { load } from './lib/pages'
import { preferences } from './lib/preferences.svelte'
import { router } from './lib/router.svelte'
import { signedIn } from './lib/session.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('the page has no place for the application')

// All at once: who it is, the page's code, and the language's texts. What failed is told by who needs it.
void signedIn.resource.refresh()
void load(router.route.page).catch(() => undefined)
await preferences.begin()
mount(App, { target })
