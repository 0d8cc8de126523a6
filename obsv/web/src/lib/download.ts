/** Files that the server makes: fetched with what a session's call needs, then kept by the browser. */

import { ApiError, credentials, errorOf, noAnswer } from './api'

async function refusal(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => undefined)
  return errorOf(answer.status, body, answer.headers.get('x-request-id') ?? '')
}

/** Fetch what `path` answers and keep it as a file of this name. */
export async function download(path: string, name: string, method: 'GET' | 'POST'): Promise<void> {
  const headers: Record<string, string> = { 'x-obsv-org': credentials.org() }
  if (method === 'POST') headers['x-csrf-token'] = credentials.csrf
  const answer = await fetch(path, { method, headers, credentials: 'same-origin' }).catch(() => {
    throw noAnswer()
  })
  if (!answer.ok) throw await refusal(answer)
  const address = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
