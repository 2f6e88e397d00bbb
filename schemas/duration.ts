/** The text of a span of time, e.g. `500ms`, `20s`, `2m`, `1h`, `1d`, or a number of ms. A field with this pattern is ms once config.yaml is read. */
export const DURATION = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)?$'
