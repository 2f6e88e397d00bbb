/** One number on its way out, as prom-client writes it. */
export interface Sample {
  /** Where it is not the metric's own: a part of a histogram. */
  metricName?: string
  labels: Record<string, string | number>
  value: number
}

export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  samples (): Sample[]
}

/** Something that only grows, by labels. Counting is no more than an addition: it is put into words when it is asked for. */
export interface Counter extends Metric {
  /** The count of these labels, to be kept by who counts often. */
  of (...labels: string[]): Count
}
export interface Count { value: number }

export interface Histogram extends Metric {
  of (...labels: string[]): Bins
}

/** How often something took how long. */
export class Bins {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor (bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe (value: number): void {
    let i = 0
    while (i < this.#bounds.length && value > this.#bounds[i]!) i++
    this.#counts[i]!++
    this.#sum += value
  }

  samples (name: string, labels: Record<string, string>): Sample[] {
    let count = 0
    const buckets = this.#counts.map((more, i) => ({ metricName: `${name}_bucket`, labels: { ...labels, le: this.#bounds[i] ?? '+Inf' }, value: count += more }))
    return [...buckets, { metricName: `${name}_sum`, labels, value: this.#sum }, { metricName: `${name}_count`, labels, value: count }]
  }
}

/** One of each set of labels, made when it is first asked for. */
function family<T> (names: readonly string[], make: () => T) {
  const known = new Map<string, { labels: Record<string, string>, one: T }>()
  return {
    known,
    of (...values: string[]): T {
      const key = values.join('\n')
      let found = known.get(key)
      if (found === undefined) known.set(key, found = { labels: Object.fromEntries(names.map((name, i) => [name, values[i]!])), one: make() })
      return found.one
    }
  }
}

export function counter (name: string, help: string, ...labels: string[]): Counter {
  const { known, of } = family<Count>(labels, () => ({ value: 0 }))
  return { name, help, type: 'counter', of, samples: () => [...known.values()].map(({ labels, one: { value } }) => ({ labels, value })) }
}

/** `bounds` of its buckets, growing, in the unit that the name says. */
export function histogram (name: string, help: string, bounds: readonly number[], ...labels: string[]): Histogram {
  const { known, of } = family(labels, () => new Bins(bounds))
  return { name, help, type: 'histogram', of, samples: () => [...known.values()].flatMap(({ labels, one }) => one.samples(name, labels)) }
}

/** What is looked up when it is asked for: each label's values, then the number. */
export function reading (type: 'gauge' | 'counter', name: string, help: string, labels: readonly string[], read: () => Iterable<readonly [...string[], number]>): Metric {
  return {
    name,
    help,
    type,
    samples: () => [...read()].map(row => ({ labels: Object.fromEntries(labels.map((label, i) => [label, row[i] as string])), value: row.at(-1) as number }))
  }
}
