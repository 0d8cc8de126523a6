import { mount } from 'svelte'
import '../app.css'
import '../lib/theme.svelte'
import Shared from './Shared.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('the page has no place for the dashboard')
mount(Shared, { target })
