/** Prints an answer as its chunks come. */
export interface AnswerPrinter {
  /** A chunk that goes to `offset` (UTF-16 units). An offset before the end: the agent began that passage again. */
  chunk (offset: number, chunk: string): void
  /** The whole answer, as it is in the end. */
  done (response: string): void
  /** No more comes: what is printed ends its line. */
  stop (): void
}

/** What is printed stays printed: a passage that begins again follows on a line of its own. */
export function createAnswerPrinter (write: (text: string) => void): AnswerPrinter {
  let shown = ''
  const put = (offset: number, text: string) => {
    const again = offset < shown.length
    if (again && !shown.endsWith('\n')) write('\n')
    write(text)
    shown = shown.slice(0, offset) + text
  }
  return {
    // A hole can only be what a broken connection swallowed: the end brings it.
    chunk (offset, chunk) { if (offset <= shown.length && chunk !== '') put(offset, chunk) },
    done (response) {
      const from = response.startsWith(shown) ? shown.length : changedLine(shown, response)
      if (response !== shown) put(from, response.slice(from))
      if (!response.endsWith('\n')) write('\n')
      shown = ''
    },
    stop () { if (shown !== '' && !shown.endsWith('\n')) write('\n') }
  }
}

/** Where the first line that differs begins. */
function changedLine (a: string, b: string): number {
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  return a.lastIndexOf('\n', same - 1) + 1
}
