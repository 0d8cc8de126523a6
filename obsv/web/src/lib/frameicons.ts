/** Icons of the frame, which are there before any page's: path data by name. */

export const FRAME_ICONS = {
  overview: 'M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8h4.5v5.5H9zM2.5 10.5H7v3H2.5z',
  hosts: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01M8 5h3M8 11h3',
  dashboards: 'M2.5 2.5h11v11h-11zM2.5 6h11M7 6v7.5M10 8.5v3',
  explore: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M10.6 5.4L9 9l-3.6 1.6L7 7z',
  alerts: 'M8 2.2a4 4 0 0 0-4 4v3L2.8 11.5h10.4L12 9.2v-3a4 4 0 0 0-4-4M6.5 13.5h3',
  monitors: 'M1.5 8H5l1.8-4.5L9.5 12.5 11 8h3.5',
  status: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M5.4 8.2l1.8 1.8 3.4-3.6',
  more: 'M3 4.5h10M3 8h10M3 11.5h10',
  send: 'M8 13V5M4.8 8L8 4.8 11.2 8M3 2.5h10',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M9 2.5v4h3v-4zM4 9.5v4h3v-4z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.5 10.5l3 3',
  alert: 'M8 2.5l6 11H2zM8 6.5v3.2M8 11.6h.01',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
} as const
