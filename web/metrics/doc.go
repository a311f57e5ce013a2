// Package metrics gives what a registrar counts in Prometheus' text format.
//
// It reads when it is scraped: what is here now from the replica that the pages read,
// what has happened from the node, which counts in plain fields. It counts nothing
// itself, and names no element and no client: labels are few, whoever sends what.
//
// Start with families.go (the names), then collector.go.
package metrics
