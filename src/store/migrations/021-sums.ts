/** What comes to the log is summed up once in each transaction, by the store, in the place of once for each event. */
export const sums = 'DROP TRIGGER event_added'
