package kernel

// Transport is the SCTP of the operating system.
type Transport struct{}

// New returns the transport. Available tells whether the system has it.
func New() Transport { return Transport{} }

// Name returns "kernel".
func (Transport) Name() string { return "kernel" }
