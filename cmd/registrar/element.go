package main

import (
	"errors"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/wire"
)

// elementOptions are the flags of `registrar element`, read.
type elementOptions struct {
	asapFlags
	service  string
	program  []string // of exec
	protocol *choice
	dialect  *choice
	pool     string
	policy   string
	id       string
	listen   string
	load     string
	keyFile  string

	lifetime, reregister, uptime, downtime time.Duration
	count, maxSessions                     int

	// What the texts above say. An at without an address is the wildcard.
	handle  wire.PoolHandle
	initial wire.Policy
	peID    wire.PEIdentifier
	life    wire.RegistrationLife
	at      netip.AddrPort
	key     []byte
}

// The words of --load that stand for what is measured.
const (
	loadAuto = "auto" // the share of sessions in use
	loadCPU  = "cpu"  // the share of processor time
)

// execService is the service that a program of the user's provides.
const execService = "exec"

func newElementCmd() *cobra.Command {
	o := &elementOptions{protocol: newChoice("tcp", "udp", "sctp"), dialect: newDialect()}
	cmd := &cobra.Command{
		Use:   "element SERVICE [-- CMD ARG...]",
		Short: "Run pool elements: small servers, or a program of yours",
		Long: "Runs pool elements and keeps them registered until it is interrupted; then it\n" +
			"deregisters them. SERVICE is\n\n" +
			"  echo, discard, daytime  RFC 862, 863, 867\n" +
			"  pingpong                answers \"ping N\" with \"pong N from ELEMENT, M in this\n" +
			"                          session\"; over SCTP, the element that a session fails\n" +
			"                          over to goes on counting\n" +
			"  exec                    a program of yours: see below\n\n" +
			"exec picks a free port (or takes --listen), starts CMD and registers for it when\n" +
			"the port accepts connections (TCP; at once for UDP and SCTP). CMD finds where to\n" +
			"serve in {addr}, {port} and {listen} (ADDR:PORT) in its arguments, and in the\n" +
			"environment: REGISTRAR_LISTEN (ADDR:PORT), REGISTRAR_PORT, REGISTRAR_POOL,\n" +
			"REGISTRAR_PE_ID (with --id). What it prints goes to stderr. When it ends it is\n" +
			"deregistered, and its failure is that of this command. At the end it gets\n" +
			"SIGTERM, and SIGKILL 10 s later.",
		Example: "  registrar element echo --pool EchoPool --policy wrr:5 --count 3\n" +
			"  registrar element pingpong --pool PingPongPool --cookie-key-file /etc/rserpool/cookie-key\n" +
			"  registrar element exec --pool Web --load cpu --policy lu:0% -- python3 -m http.server --bind {addr} {port}\n" +
			"  registrar element echo --pool EchoPool --asap-announce auto\n" +
			"  registrar element echo --pool Shaky --uptime 1m --downtime 10s",
		Args:      elementArgs,
		ValidArgs: []string{"echo", "discard", "daytime", "pingpong", execService},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.service, o.program = args[0], args[1:]
			if o.service == "pingpong" && !cmd.Flags().Changed("protocol") {
				o.protocol.value = "sctp"
			}
			if err := o.read(); err != nil {
				return fail(exitUsage, err)
			}
			return runElements(cmd, o)
		},
	}
	f := cmd.Flags()
	o.add(f, false)
	o.addHeartbeat(f)
	f.StringVar(&o.pool, "pool", "", "pool `HANDLE`; "+rawHandlePrefix+"<base64url> for any bytes")
	f.Var(o.protocol, "protocol", "what users reach the element with: tcp, udp or sctp; pingpong's default is sctp")
	f.StringVar(&o.policy, "policy", "rr", "`SPEC`: rr, wrr:5, rand, wrand:5, prio:7, lu:30%, lud:30%:5%, plu:30%:5%, rlu:30%")
	f.StringVar(&o.id, "id", "", "PE identifier; default: a random one")
	f.StringVar(&o.listen, "listen", "", "`ADDR:PORT` to serve at; default: a free port, on loopback if the registrar is there")
	f.DurationVar(&o.lifetime, "lifetime", 5*time.Minute, "registration life, whole seconds; -1s for ever")
	f.Var(o.dialect, "dialect", "how the registrars of the scope speak: rfc, or rsplib where they are RSPLIB's or serve with --dialect rsplib; then --lifetime is told in milliseconds")
	f.DurationVar(&o.reregister, "reregister", 0, "time between registrations; default: the smaller of 10m and lifetime - 20s")
	f.StringVar(&o.load, "load", "", "load for adaptive policies: 30%, auto for the share of sessions in use, cpu for that of processor time; told at most once a second")
	f.IntVar(&o.count, "count", 1, "number of elements, each with its own port and PE identifier")
	f.IntVar(&o.maxSessions, "max-sessions", defaultSessions, "sessions that each element serves at once, over TCP or SCTP; more are refused, and go to others. --load auto is their share in use")
	f.DurationVar(&o.uptime, "uptime", 0, "mean time after which an element fails without a word")
	f.DurationVar(&o.downtime, "downtime", 0, "mean time after which it comes back")
	f.StringVar(&o.keyFile, "cookie-key-file", "", "`FILE` whose first line signs the cookies; elements that take over each other's sessions share it; default: a random key")
	f.StringVar(&o.own.UsersFile, "auth-file", "", "`FILE` with the keys of the pool users that may come over SCTP, with --transport dtls and a key; the registrars' table or a part of it")
	cmd.MarkFlagRequired("pool") //nolint:errcheck // the flag exists
	cmd.MarkFlagsRequiredTogether("uptime", "downtime")
	return cmd
}

// elementArgs wants a service, and behind exec a program.
func elementArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || args[0] != execService {
		return cobra.ExactArgs(1)(cmd, args)
	}
	if cmd.ArgsLenAtDash() != 1 || len(args) == 1 {
		return errors.New("exec: want the program behind --, as in registrar element exec --pool POOL -- CMD ARG")
	}
	return nil
}
