// Passkeys on the sign-in pages. Everything else there works without this script.
"use strict";

const form = document.getElementById("passkey-form");
const button = document.getElementById("passkey-button");
const problem = document.getElementById("passkey-problem");

const REFUSED = "The passkey was not used. Try again, or sign in another way.";

let offered = new AbortController();
let offering = Promise.resolve();

const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

// Browsers from before 2025 lack the two conversions.
function parsed(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  }
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: options.allowCredentials.map((known) => ({ ...known, id: bytesOf(known.id) })),
  };
}

function written(credential) {
  if (credential.toJSON) {
    return JSON.stringify(credential);
  }
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return JSON.stringify({
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: textOf(clientDataJSON),
      authenticatorData: textOf(authenticatorData),
      signature: textOf(signature),
      userHandle: userHandle ? textOf(userHandle) : null,
    },
  });
}

async function ask(more) {
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { Accept: "application/json" } });
  if (!answer.ok) {
    throw new Error(`options: ${answer.status}`);
  }
  const publicKey = parsed(await answer.json());
  const credential = await navigator.credentials.get({ ...more, publicKey });
  const remember = document.getElementById("remember");
  form.elements.credential.value = written(credential);
  form.elements.remember.value = remember?.checked ? "yes" : "";
  form.submit();
}

async function pressed() {
  offered.abort();
  problem.hidden = true;
  // One challenge waits at a time: the offer's must not come after this one.
  await offering;
  try {
    await ask({});
  } catch {
    problem.textContent = REFUSED;
    problem.hidden = false;
    offering = offer();
  }
}

// The browser shows the person's passkeys in the email field; nothing happens until one is chosen.
async function offer() {
  if (!("autofill" in form.dataset) || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    return;
  }
  offered = new AbortController();
  try {
    await ask({ mediation: "conditional", signal: offered.signal });
  } catch {
    // The button was pressed instead, or the browser gave up; the form is still there.
  }
}

if (form && window.PublicKeyCredential) {
  document.getElementById("passkey-part").hidden = false;
  button.addEventListener("click", pressed);
  offering = offer();
}
