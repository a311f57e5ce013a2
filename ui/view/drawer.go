package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/policy"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// drawerEvents is how many events of its element the drawer tells.
const drawerEvents = 6

// Drawer tells everything about the element that is open.
type Drawer struct {
	_ incomparable
	// Shown is set where one is; Gone where it has left its pool.
	Shown, Gone bool
	// Name is the key of its row.
	Name, ID, Pool, PoolURL string
	// Index is where the table has it, -1 where it does not.
	Index                                    int
	State                                    Badge
	Home, HomeClass, Transport, ASAP, Policy string
	Life, Registered, RegisteredAt           string
	Expires, ExpiresAt                       string
	// Left is the part of its life that is left.
	Left    Bar
	Reports string
	// Said is what came of a probe.
	Said                      string
	Elsewhere, Blocked        string
	Events                    [drawerEvents]DrawerEvent
	NoEvents                  bool
	Command, JSON             string
	Previous, Next, CloseLink string
}

// DrawerEvent is one line of what happened to the element.
type DrawerEvent struct{ At, Name, Text string }

func (d Drawer) slots(set Set) {
	set("drawer.off", yes(!d.Shown))
	set("drawer.gone", yes(d.Gone))
	set("drawer.here", yes(!d.Gone))
	set("drawer.name", d.Name)
	set("drawer.id", d.ID)
	set("drawer.pool", d.Pool)
	set("drawer.pool.url", d.PoolURL)
	d.State.slots("drawer.state", set)
	set("drawer.home", d.Home)
	set("drawer.home.class", d.HomeClass)
	set("drawer.transport", d.Transport)
	set("drawer.asap", d.ASAP)
	set("drawer.policy", d.Policy)
	set("drawer.life", d.Life)
	set("drawer.registered", d.Registered)
	set("drawer.registered.at", d.RegisteredAt)
	set("drawer.expires", d.Expires)
	set("drawer.expires.at", d.ExpiresAt)
	d.Left.slots("drawer.left", set)
	set("drawer.reports", d.Reports)
	set("drawer.said", d.Said)
	set("drawer.elsewhere", d.Elsewhere)
	set("drawer.theirs", yes(d.Elsewhere != ""))
	set("drawer.mine", yes(d.Elsewhere == ""))
	set("drawer.blocked", d.Blocked)
	set("drawer.disabled", yes(d.Blocked != ""))
	for i, e := range d.Events {
		slot := "drawer.event." + strconv.Itoa(i)
		set(slot, e.Name)
		set(slot+".at", e.At)
		set(slot+".text", e.Text)
		set(slot+".off", yes(e.Name == ""))
	}
	set("drawer.some", yes(!d.NoEvents))
	set("drawer.command", d.Command)
	set("drawer.json", d.JSON)
	set("drawer.previous", d.Previous)
	set("drawer.next", d.Next)
	set("drawer.first", yes(d.Previous == ""))
	set("drawer.last", yes(d.Next == ""))
	set("drawer.close", d.CloseLink)
}

// drawer opens the element that the query has chosen.
func drawer(r *replica.Replica, q Query, w arranged, now time.Time) Drawer {
	ref := q.Chosen
	if ref == (replica.Ref{}) {
		return Drawer{Left: newBar(0, 0, 0)}
	}
	before, behind, index := w.neighbours(q, ref)
	d := Drawer{
		Shown: true, Said: q.Said, Name: q.refKey(ref), ID: ref.ID.String(), Pool: Handle(ref.Handle), Index: index,
		PoolURL: q.link(Query{Kind: Pool, Pool: ref.Handle}), Left: newBar(0, 0, 0), CloseLink: q.choose(replica.Ref{}),
		Command: "registrar elements --pool " + shellQuoted(argument(ref.Handle)) + " --filter id:" + ref.ID.String() + " -o json",
	}
	if before != (replica.Ref{}) {
		d.Previous = q.choose(before)
	}
	if behind != (replica.Ref{}) {
		d.Next = q.choose(behind)
	}
	d.events(r, ref)
	e, ok := r.Element(ref.Handle, ref.ID)
	if !ok {
		d.Gone, d.State = true, chip("off", "removed", "Not there")
		return d
	}
	row := elementRow(q, e, 0, now, r.Self())
	d.State, d.Home, d.HomeClass, d.Expires, d.ExpiresAt = row.State, row.Home, row.HomeClass(), row.Expires, row.ExpiresAt
	d.Elsewhere, d.Blocked, d.Reports = row.Elsewhere, row.Blocked, row.Reports
	if e.HomeServer == r.Self() {
		d.Home += " " + e.HomeServer.String()
	}
	d.Transport, d.ASAP = wholeTransport(e.UserTransport), wholeTransport(e.ASAPTransport)
	d.Policy = policy.Title(e.Policy.Type)
	if !row.Plain {
		d.Policy += ", " + row.Value
	}
	d.Life = Span(time.Duration(e.Life) * time.Second)
	if e.Life == wire.InfiniteLife {
		d.Life = "without end"
	} else if at := e.State.Expires.Time(); !at.IsZero() && e.Life > 0 {
		left := min(max(at.Sub(now), 0), time.Duration(e.Life)*time.Second)
		d.Left = newBar(uint64(left/time.Millisecond), uint64(e.Life)*1000, uint64(e.Life)*1000) //nolint:gosec // not negative
	}
	since := registered(r)[ref].Time()
	d.Registered, d.RegisteredAt = Ago(since, now), Stamp(since)
	d.JSON = ElementJSON(e)
	return d
}

// choose is the same page with another element open.
func (q Query) choose(ref replica.Ref) string {
	q.Chosen = ref
	return q.link(q)
}

// wholeTransport gives a transport with all of its addresses.
func wholeTransport(t wire.Transport) string {
	if len(t.Addresses) < 2 {
		return Transport(t)
	}
	return protocol(t.Type) + " " + endpoints(t)
}

func (d *Drawer) events(r *replica.Replica, ref replica.Ref) {
	n := 0
	for e := range r.Events() {
		if e.Handle != ref.Handle || e.Element != ref.ID {
			continue
		}
		d.Events[n] = DrawerEvent{strings.TrimSuffix(clock(e.At.Time()), " UTC"), e.Name, e.Text}
		if n++; n == drawerEvents {
			break
		}
	}
	d.NoEvents = n == 0
}

// ElementJSON is the element as the export has it (schema
// rserpool.handlespace/v1).
func ElementJSON(e replica.Element) string { return elementJSON(e, true) }

// elementJSON leaves out what registrars see differently, unless that is wanted.
func elementJSON(e replica.Element, local bool) string {
	var j jsonObject
	j.text("id", e.ID.String())
	j.text("home_registrar", e.HomeServer.String())
	if local {
		j.raw("owned", strconv.FormatBool(e.Owned))
		j.text("state", e.State.Health.String())
	}
	j.raw("registration_life_seconds", strconv.Itoa(int(int32(e.Life)))) //nolint:gosec // as the export has it
	if at := e.State.Expires.Time(); local && !at.IsZero() {
		j.text("expires_at", isoTime(at))
	}
	var p jsonObject
	values, _ := policy.Fields(e.Policy)
	for _, v := range values {
		p.raw(v.Key(), strconv.FormatUint(uint64(v.Value), 10))
	}
	if !e.Policy.Type.Defined() {
		p.text("raw_hex", wire.Hex([]byte(e.Policy.Raw)))
	}
	j.raw("policy", p.end())
	j.raw("user_transport", transportJSON(e.UserTransport, true))
	if e.ASAPTransport.Present() {
		j.raw("asap_transport", transportJSON(e.ASAPTransport, false))
	}
	if local {
		j.raw("unreachable_reports", strconv.Itoa(int(e.State.Reports)))
	}
	return j.end()
}

// isoTime gives a time as RFC 3339 in UTC with milliseconds; the layouts of package
// time would cost the page's program more than this.
func isoTime(at time.Time) string {
	year, month, day := date(at)
	ms := strconv.Itoa(1000 + at.Nanosecond()/int(time.Millisecond))
	return strconv.Itoa(year) + "-" + two(month) + "-" + two(day) + "T" + strings.TrimSuffix(clock(at), " UTC") + "." + ms[1:] + "Z"
}

func transportJSON(t wire.Transport, user bool) string {
	var j jsonObject
	if t.Type == wire.TypeOpaqueTransport {
		j.text("protocol", "opaque")
		j.text("data_hex", wire.Hex([]byte(t.Opaque)))
		return j.end()
	}
	j.text("protocol", strings.ReplaceAll(protocol(t.Type), "-", "_"))
	j.raw("port", strconv.Itoa(int(t.Port)))
	if user && t.Type == wire.TypeSCTPTransport {
		j.text("use", [...]string{wire.DataOnly: "data", wire.DataAndControl: "data_and_control"}[t.Use])
	}
	if t.Type == wire.TypeDCCPTransport {
		j.raw("service_code", strconv.FormatUint(uint64(t.ServiceCode), 10))
	}
	var list []string
	for _, a := range t.Addresses {
		list = append(list, `"`+a.String()+`"`)
	}
	if len(list) > 0 {
		j.raw("addresses", "["+strings.Join(list, ",")+"]")
	}
	return j.end()
}

// jsonObject writes an object whose texts need no escapes.
type jsonObject struct{ b strings.Builder }

func (j *jsonObject) raw(name, value string) {
	if j.b.Len() > 0 {
		j.b.WriteByte(',')
	}
	j.b.WriteString(`"` + name + `":` + value)
}

func (j *jsonObject) text(name, value string) { j.raw(name, `"`+value+`"`) }

func (j *jsonObject) end() string { return "{" + j.b.String() + "}" }
