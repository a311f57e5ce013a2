package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strconv"

	"rserpool/registrar/client"
	"rserpool/registrar/endpoint"
	"rserpool/registrar/policy"
	"rserpool/registrar/transport"
	"rserpool/registrar/wire"
)

// exampleClient is beside a registrar of its own: another program's would be at
// the port that the zero Config knows.
func exampleClient(received func(client.Data)) (c *client.Client, end func()) {
	n, stop, err := launch()
	if err != nil {
		log.Fatal(err)
	}
	c, err = client.Open(client.Config{
		Registrars: []transport.Address{addressOf(n.ASAPAddrs()[0])},
		Local:      at(loopback, 0),
		Heartbeat:  patience,
		Received:   received,
	})
	if err != nil {
		log.Fatal(err)
	}
	return c, func() {
		if err := c.Close(context.Background()); err != nil {
			log.Fatal(err)
		}
		stop()
	}
}

// serveEcho answers what its users write.
func serveEcho(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			io.Copy(conn, conn)
		}()
	}
}

// A TCP server becomes an element of a pool.
func ExampleRegister() {
	ctx := context.Background()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		log.Fatal(err)
	}
	r, err := client.Register(ctx, client.Element{Pool: "EchoPool", Listener: l})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close(ctx)
	serveEcho(l)
}

// A user of that pool, who does not notice when its server dies.
func ExampleDial() {
	s, err := client.Dial(context.Background(), "EchoPool")
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	fmt.Fprintln(s, "hello")
	answer, err := bufio.NewReader(s).ReadString('\n')
	fmt.Print(answer, err)
}

// An element tells how busy it is.
func ExampleRegistration_SetLoad() {
	c, end := exampleClient(nil)
	defer end()
	ctx := context.Background()
	r, err := c.Register(ctx, client.Element{
		Pool:   "Jobs",
		Policy: policy.LeastUsed(0),
		User:   wire.Transport{Type: wire.TypeTCPTransport, Port: 4000},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.SetLoad(0.3))
	// Output: <nil>
}

// The elements of a pool, for programs that connect by means of their own.
func ExampleClient_Resolve() {
	c, end := exampleClient(nil)
	defer end()
	ctx := context.Background()
	if _, err := c.Resolve(ctx, "Jobs", 3); err != nil {
		fmt.Println(errors.Is(err, endpoint.ErrUnknownPool))
	}
	for id := wire.PEIdentifier(1); id <= 2; id++ {
		if _, err := c.Register(ctx, client.Element{
			Pool: "Jobs", ID: id, Policy: policy.Priority(uint32(id)),
			User: wire.Transport{Type: wire.TypeTCPTransport, Port: 4000 + uint16(id)},
		}); err != nil {
			log.Fatal(err)
		}
	}
	found, err := c.Resolve(ctx, "Jobs", 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range found.Elements {
		fmt.Println(policy.Name(found.Policy.Type), e.ID, e.UserTransport.Addresses, e.UserTransport.Port)
	}
	// Output:
	// true
	// priority 0x00000002 [127.0.0.1] 4002
	// priority 0x00000001 [127.0.0.1] 4001
}

// An element that serves over SCTP gives its users the state of the session:
// whoever takes over goes on where it was left.
func ExampleClient_Listen() {
	c, end := exampleClient(nil)
	defer end()
	ctx := context.Background()
	for id := wire.PEIdentifier(1); id <= 2; id++ {
		l, err := c.Listen(at(loopback, 0))
		if err != nil {
			log.Fatal(err)
		}
		r, err := c.Register(ctx, client.Element{Pool: "Sums", ID: id, Listener: l})
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go sum(conn.(*client.Conn), r)
			}
		}()
	}
	over := make(chan client.Failover, 1)
	s, err := c.Dial(ctx, "Sums", client.OnFailover(func(f client.Failover) { over <- f }))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	add := func(n string) {
		fmt.Fprint(s, n)
		b := make([]byte, 20)
		k, err := s.Read(b)
		fmt.Println(string(b[:k]), err)
	}
	add("1")
	add("20")
	fmt.Fprint(s, "leave")
	f := <-over
	fmt.Println("the other one:", f.From != f.To)
	add("300")
	// Output:
	// 1 <nil>
	// 21 <nil>
	// the other one: true
	// 321 <nil>
}

// sum adds up what a user sends, until told to leave the pool.
func sum(conn *client.Conn, r *client.Registration) {
	defer conn.Close()
	b := make([]byte, 20)
	total := 0
	for {
		k, err := conn.Read(b)
		if err == nil && string(b[:k]) == "leave" {
			err = errors.Join(r.Close(context.Background()), net.ErrClosed)
		}
		if err != nil {
			return
		}
		n, err := strconv.Atoi(string(b[:k]))
		if err != nil {
			return
		}
		if before := conn.State(); total == 0 && before != nil {
			total, _ = strconv.Atoi(string(before)) // signed: it is what was saved
		}
		total += n
		if conn.SaveState([]byte(strconv.Itoa(total))) != nil {
			return
		}
		fmt.Fprint(conn, total)
	}
}

// A message to every element of a pool, and the answers.
func ExampleClient_Send() {
	answers := make(chan client.Data)
	c, end := exampleClient(func(d client.Data) { answers <- d })
	defer end()
	ctx := context.Background()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	go serveEcho(l)
	if _, err := c.Register(ctx, client.Element{Pool: "EchoPool", ID: 7, Listener: l}); err != nil {
		log.Fatal(err)
	}
	reached, err := c.Send(ctx, client.PEHandle{Pool: "EchoPool"}, []byte("hello"), endpoint.SendToAll|endpoint.SendToSelf)
	fmt.Println(reached, err)
	a := <-answers
	fmt.Printf("%v %s\n", a.From, a.Data)
	// Output:
	// [EchoPool/0x00000007] <nil>
	// EchoPool/0x00000007 hello
}

// The changes of a pool as they happen.
func ExampleClient_Watch() {
	c, end := exampleClient(nil)
	defer end()
	ctx, cancel := context.WithCancel(context.Background())
	e := client.Element{Pool: "Jobs", ID: 1, User: wire.Transport{Type: wire.TypeTCPTransport, Port: 4001}}
	if _, err := c.Register(ctx, e); err != nil {
		log.Fatal(err)
	}
	err := c.Watch(ctx, "Jobs", func(found client.Resolution, err error) {
		fmt.Println(len(found.Elements), err)
		if len(found.Elements) == 2 {
			cancel()
			return
		}
		e.ID++
		if _, err := c.Register(ctx, e); err != nil {
			log.Fatal(err)
		}
	})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 2 <nil>
	// context canceled
}
