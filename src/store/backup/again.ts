/** The data folder changed in a way that the snapshot does not fit: a fresh one will. */
export class Again extends Error {}
