// Package view turns a replica into what the dashboard shows: words, numbers
// and widths, ready to be put into a page. The server paints the first page
// from it, the page's WebAssembly program every later one, so both say the same.
//
// It knows the replica, a point in time and what the user asked to see (Query).
// It knows no HTML, no browser and no clock. What a page shows is given twice:
// as fields, which the templ components of package ui print, and as named slots
// (Slots, Lists), which the program writes into the elements that carry the
// slot's name.
//
// Start with page.go; the sections are overview.go, pools.go, pool.go and
// peers.go. link.go is the connection to the feed, removal.go a deregistration
// and what became of it.
package view
