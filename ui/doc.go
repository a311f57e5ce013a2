// Package ui is the dashboard's one HTML document, as templ components over the
// values of package view. It is whole without a script: every page is a URL,
// every control that needs a program is hidden until one runs.
//
// The same components mark up the rows that the server sends and, inside
// <template>, the rows that the page's program clones. Elements say which slot
// of package view they show (data-t, data-a, data-list, data-row), and a test
// proves that filling in the slots gives what the server would have sent.
//
// The *_templ.go files are generated: make generate. Start
// with dashboard.templ; ui knows nothing of HTTP.
package ui
