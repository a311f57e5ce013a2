package node

// DialLimit is for tests of how many dials are under way at once.
const DialLimit = dialLimit
