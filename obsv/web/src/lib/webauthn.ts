/** Passkeys in the browser: the options come as JSON, and the answer goes as JSON. */

interface Json {
  options: Record<string, unknown>
}

function supports(): boolean {
  return typeof PublicKeyCredential !== 'undefined' && 'parseCreationOptionsFromJSON' in PublicKeyCredential
}

async function written(asked: Promise<Credential | null>): Promise<unknown> {
  const credential = await asked
  if (!(credential instanceof PublicKeyCredential)) throw new Error('The passkey was not used.')
  return credential.toJSON()
}

/** Make a passkey as the server asks. */
export async function createPasskey({ options }: Json): Promise<unknown> {
  if (!supports()) throw new Error('This browser is too old to add passkeys here.')
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
  return written(navigator.credentials.create({ publicKey }))
}

/** Let a passkey answer the server. */
export async function usePasskey({ options }: Json): Promise<unknown> {
  if (!supports()) throw new Error('This browser is too old to use passkeys here.')
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON)
  return written(navigator.credentials.get({ publicKey }))
}
