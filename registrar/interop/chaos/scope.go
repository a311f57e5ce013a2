//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// The numbers of hosts, from which come their addresses.
const (
	firstRegistrar, firstElements, firstUsers = 1, 101, 201

	asapPort, enrpPort = "3863", "9901"
	httpAddr           = "127.0.0.1:8080" // of the host alone
	pprofAddr          = "127.0.0.1:6060"

	// A program of elements registers them anew this often: so long an element is out
	// that was removed while it could not answer.
	lifetime, reregister = "90s", "30s"
)

// scope is registrars, elements and users on hosts of one network.
type scope struct {
	program, dir string
	net          *network
	registrars   []*registrar
	elementHosts []*host
	userHost     *host
	groups       []*group
	users        []*user
	// past are the programs that were ended.
	past  []*process
	began time.Time
}

// registrar is the place of one: a host, and who serves there now.
type registrar struct {
	*host
	id     uint32
	lives  int
	server *process
	// out: it is not to be asked, since a fault has it.
	out bool
	// before is what it used when all was well, peak the most memory it had.
	before usage
	peak   int64
}

// group is elements of one pool that are one program.
type group struct {
	*host
	pool, service string
	flags         []string
	// loyal elements know one registrar alone: when that is gone, they are whoever's
	// takes them over.
	loyal   bool
	lives   int
	program *process
}

// user is a program with one session.
type user struct {
	pool    string
	flags   []string
	lives   int
	program *process
}

func newScope(program, dir string, seed uint64, usual faults) (*scope, error) {
	s := &scope{program: program, dir: dir, net: newNetwork(seed, usual), began: time.Now()}
	return s, os.MkdirAll(dir, 0o755)
}

// addHosts makes the machines.
func (s *scope) addHosts(registrars, elements int) error {
	for i := range registrars {
		h, err := s.net.join(firstRegistrar + i)
		if err != nil {
			return err
		}
		s.registrars = append(s.registrars, &registrar{host: h, id: uint32(0xa0 + i)})
	}
	for i := range elements {
		h, err := s.net.join(firstElements + i)
		if err != nil {
			return err
		}
		s.elementHosts = append(s.elementHosts, h)
	}
	var err error
	s.userHost, err = s.net.join(firstUsers)
	return err
}

// serve starts the registrar of a place, which knows all the others.
func (s *scope) serve(r *registrar) (err error) {
	r.lives++
	line := []string{
		s.program, "serve", "--transport", "udp", "--id", fmt.Sprintf("%#x", r.id), "--http", httpAddr, "--pprof", pprofAddr,
		"--asap", r.addr.String() + ":" + asapPort, "--enrp", r.addr.String() + ":" + enrpPort,
	}
	for _, other := range s.registrars {
		if other != r {
			line = append(line, "--peer", other.addr.String()+":"+enrpPort)
		}
	}
	r.server, err = r.start(s.dir, fmt.Sprintf("registrar-%d.%d", r.number, r.lives), line...)
	return err
}

// run starts a program of elements.
func (s *scope) run(g *group) (err error) {
	g.lives++
	line := []string{
		s.program, "element", g.service, "--transport", "udp", "--pool", g.pool, "-o", "json",
		"--lifetime", lifetime, "--reregister", reregister, "--cookie-key-file", filepath.Join(s.dir, "cookie-key"),
	}
	known := s.registrarFlags(g.number)
	if g.loyal {
		known = known[:2]
	}
	line = append(append(line, g.flags...), known...)
	g.program, err = g.start(s.dir, fmt.Sprintf("elements-%d-%s.%d", g.number, g.pool, g.lives), line...)
	return err
}

// ask starts a user's session.
func (s *scope) ask(u *user, number int) (err error) {
	u.lives++
	line := append([]string{s.program, "user", u.pool, "--transport", "udp", "-o", "json", "--send", "ping {n}"}, u.flags...)
	u.program, err = s.userHost.start(s.dir, fmt.Sprintf("user-%d-%s.%d", number, u.pool, u.lives), append(line, s.registrarFlags(number)...)...)
	return err
}

// registrarFlags names all registrars that have been started, another one first each time.
func (s *scope) registrarFlags(from int) (flags []string) {
	for i := range s.registrars {
		if r := s.registrars[(from+i)%len(s.registrars)]; r.lives > 0 {
			flags = append(flags, "--registrar", r.addr.String()+":"+asapPort)
		}
	}
	return flags
}

// end notes a program that has ended for the checks.
func (s *scope) end(p *process) { s.past = append(s.past, p) }

// views asks the registrars, those in a fault not.
func (s *scope) views() (views []view, err error) {
	for _, r := range s.registrars {
		if r.out {
			continue
		}
		var v view
		if err := r.get("http://"+httpAddr+"/api/v1/handlespace", &v); err != nil {
			return nil, fmt.Errorf("registrar %#x: %w", r.id, err)
		}
		views = append(views, v)
	}
	return views, nil
}

// get reads JSON, or text into a string.
func (h *host) get(url string, into any) error {
	answer, err := h.client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	if text, ok := into.(*string); ok {
		all, err := io.ReadAll(answer.Body)
		*text = string(all)
		return err
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// living are the elements whose programs run and say that they are registered.
func (s *scope) living() (living, error) {
	all := make(living)
	for _, g := range s.groups {
		if g.program == nil || !g.program.running() {
			continue
		}
		if err := readLines(g.program.out, all.take); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readLines(name string, each func(line)) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := lines(file, each); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// apart says what keeps the scope from being whole: nothing when all registrars agree on
// the elements that live, and those are as many as there should be.
func (s *scope) apart() []string {
	views, err := s.views()
	if err != nil {
		return []string{err.Error()}
	}
	all, err := s.living()
	if err != nil {
		return []string{err.Error()}
	}
	return different(views, all)
}

// whole waits until nothing is apart for three times in a row.
func (s *scope) whole(patience time.Duration) (took time.Duration, faults []string) {
	began := time.Now()
	for in := 0; ; {
		if faults = s.apart(); len(faults) == 0 {
			if in++; in == 1 {
				took = time.Since(began)
			}
			if in == 3 {
				return took, nil
			}
		} else if in = 0; time.Since(began) > patience {
			return time.Since(began), faults
		}
		time.Sleep(2 * time.Second)
	}
}

// stop ends all programs as their users would: users, elements, registrars.
func (s *scope) stop() (err error) {
	for _, list := range [][]*process{s.userPrograms(), s.elementPrograms(), s.servers()} {
		for _, p := range list {
			p.ask(syscall.SIGINT)
		}
		for _, p := range list {
			err = errors.Join(err, p.await())
		}
	}
	return err
}

func (s *scope) userPrograms() (all []*process) {
	for _, u := range s.users {
		if u.program != nil {
			all = append(all, u.program)
		}
	}
	return all
}

func (s *scope) elementPrograms() (all []*process) {
	for _, g := range s.groups {
		if g.program != nil {
			all = append(all, g.program)
		}
	}
	return all
}

func (s *scope) servers() (all []*process) {
	for _, r := range s.registrars {
		if r.server != nil {
			all = append(all, r.server)
		}
	}
	return all
}

// faulty says which programs died, or told of something that must not be.
func (s *scope) faulty() (faults []string) {
	for _, list := range [][]*process{s.past, s.userPrograms(), s.elementPrograms(), s.servers()} {
		for _, p := range list {
			if f := p.fault(); f != "" {
				faults = append(faults, f)
			}
		}
	}
	return faults
}
