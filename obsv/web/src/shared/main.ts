import { mount } from 'svelte'
import '../app.css'
import { preferences } from '../lib/preferences.svelte'
import Shared from './Shared.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('the page has no place for the dashboard')
// Nobody is known here: the language is that of the browser.
await preferences.begin()
mount(Shared, { target })
