// Package client is the library for programs that are pool elements or pool
// users: it registers elements with a registrar, keeps them registered, and
// resolves pool handles (RFC 5352).
//
//	c, err := client.Open(client.Config{Registrars: list, Transport: udp})
//	r, err := c.Register(ctx, client.Element{Pool: "EchoPool", ...})
//	found, err := c.Resolve(ctx, "EchoPool", 3)
//	err = c.Close(ctx)
//
// A Client is one ASAP endpoint: one listener, one home registrar, any number of
// elements and resolutions. All protocol decisions are made by package endpoint;
// this package is its driver and knows clock, goroutines and associations.
//
// Open client.go first. Errors of requests are those of package endpoint:
// *endpoint.RefusedError, *endpoint.NoServerError, endpoint.ErrTimeout.
package client
