import { byId, write } from './dom.ts'

/** Asks before what cannot be undone. False where the person keeps it as it is, also by Escape. */
export async function confirm (title: string, text: string, yes: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>('confirm')
  write(byId('confirm-title'), title)
  write(byId('confirm-text'), text)
  write(byId('confirm-yes'), yes)
  byId('confirm-yes').onclick = () => { dialog.close('yes') }
  byId('confirm-no').onclick = () => { dialog.close('no') }
  dialog.returnValue = 'no'
  dialog.showModal()
  await new Promise(resolve => { dialog.addEventListener('close', resolve, { once: true }) })
  return dialog.returnValue === 'yes'
}
