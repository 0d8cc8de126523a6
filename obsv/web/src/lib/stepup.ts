import { mount, unmount } from 'svelte'
import StepUpDialog from '../components/StepUpDialog.svelte'

let asking: Promise<boolean> | undefined

/** Let the person prove anew to be themself; all calls that wait meanwhile get the same answer. */
export function askForProof(): Promise<boolean> {
  asking ??= new Promise((resolve) => {
    const dialog = mount(StepUpDialog, {
      target: document.body,
      props: {
        answer(isProved: boolean): void {
          asking = undefined
          void unmount(dialog)
          resolve(isProved)
        },
      },
    })
  })
  return asking
}
