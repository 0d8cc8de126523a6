import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import './lib/theme.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('the page has no place for the application')
mount(App, { target })
