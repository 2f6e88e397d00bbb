/** The text of an amount of data, e.g. `512kb`, `64mb`, `1gb` (1 kb is 1024 bytes), or a number of bytes. A field with this pattern is bytes once config.yaml is read. */
export const SIZE = '^[0-9]+(\\.[0-9]+)?(b|kb|mb|gb)?$'
