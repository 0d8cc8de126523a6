/** Attach to a dialog: the element itself keeps the focus inside and closes on Esc; the focus goes back to where it was. */
export function modal(dialog: HTMLDialogElement): () => void {
  const opener = document.activeElement
  dialog.showModal()
  return () => {
    dialog.close()
    if (opener instanceof HTMLElement) opener.focus()
  }
}
