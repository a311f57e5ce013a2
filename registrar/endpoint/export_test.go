package endpoint

// Cached counts the pools in the cache.
func Cached(e *Endpoint) int { return e.cache.Len() }
