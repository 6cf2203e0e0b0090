/** The kind of documents of the config table that hold expectation suites. */
export const SUITE_KIND = 'expectations';
