package main

import (
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar"
	"rserpool/registrar/auth"
)

const (
	// defaultCertDays and maxCertDays are a year, and the ten of an authority.
	defaultCertDays = 365
	maxCertDays     = 3650
)

// newCertFlags are the flags of `registrar auth new-cert`.
type newCertFlags struct {
	identityFlags
	ca       string
	dns, ips []string
	days     int
}

func newNewCertCmd() *cobra.Command {
	o := &newCertFlags{}
	cmd := &cobra.Command{
		Use:   "new-cert NAME",
		Short: "Make a certificate, and the authority behind it",
		Long: "Makes a certificate that carries NAME: a URI such as registrar:0x0000000a, or a DNS\n" +
			"name. The authority that signs it is made on first use; its key stays with you.\n" +
			"The file with the certificate has its private key, too.",
		Example: "  registrar auth new-cert registrar:0x0000000a --role registrar --id 0x0000000a \\\n" +
			"    --dns registrar-a.example.com --ip 192.0.2.1 --ca ca --auth-file scope.toml\n" +
			"  registrar auth new-cert pe:echo1 --role pe --pool EchoPool --ca ca --auth-file scope.toml",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runNewCert(cmd, o, args[0]) },
	}
	o.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.ca, "ca", "", "`DIR` with ca.pem and ca.key, or the PEM file whose key is beside it; made if it is not there")
	f.StringArrayVar(&o.dns, "dns", nil, "further DNS `NAME`, by which pool users know a registrar; repeatable")
	f.StringArrayVar(&o.ips, "ip", nil, "further `ADDRESS`, by which pool users know a registrar; repeatable")
	f.IntVar(&o.days, "days", defaultCertDays, "how long it lasts, at most as long as the authority")
	if err := cmd.MarkFlagRequired("ca"); err != nil {
		panic(err) // there is no such flag
	}
	return cmd
}

// newCertJSON is what was made. The private key is not in it.
type newCertJSON struct {
	identityJSON
	CertificateFile string `json:"certificate_file"`
	ExpiresAt       string `json:"expires_at"`
	CAFile          string `json:"ca_file"`
	CAMade          bool   `json:"ca_made"`
}

func runNewCert(cmd *cobra.Command, o *newCertFlags, name string) error {
	c, err := o.credential(name)
	if err != nil {
		return err
	}
	leaf, err := o.leaf(name)
	if err != nil {
		return fail(exitUsage, err)
	}
	now := time.Now()
	ca, err := auth.OpenAuthority(o.ca, now)
	if err != nil {
		return fmt.Errorf("--ca: %w", err)
	}
	secret, expires, err := ca.Issue(leaf, now)
	if err != nil {
		return err
	}
	file := o.secretFile(name, ".pem")
	if err := auth.CreateSecret(file, secret); err != nil {
		return fmt.Errorf("cannot write the certificate: %w; choose another file with --out", err)
	}
	if o.authFile != "" {
		if err := auth.Add(o.authFile, c, nil, ca.File); err != nil {
			_ = os.Remove(file)
			return fmt.Errorf("--auth-file: %w", err)
		}
	}
	if wantsData(cmd) {
		return printData(cmd, newCertJSON{o.describe(c), file, expires.UTC().Truncate(time.Second).Format(timeFormat), ca.File, ca.Made})
	}
	rows := [][]string{{"identity", name}, {"certificate", file}, {"expires", expires.UTC().Format(time.DateOnly)}, {"authority", ca.File}}
	if o.authFile != "" {
		rows = append(rows, []string{"table", o.authFile})
	}
	if err := printRows(cmd.OutOrStdout(), rows...); err != nil {
		return err
	}
	tellNext(cmd, o.certSteps(c, file, ca.File)...)
	return nil
}

// leaf is what the certificate is to say.
func (o *newCertFlags) leaf(name string) (l auth.Leaf, err error) {
	if o.days < 1 || o.days > maxCertDays {
		return l, fmt.Errorf("--days %d: want 1 to %d", o.days, maxCertDays)
	}
	l = auth.Leaf{Name: name, DNS: o.dns, Life: time.Duration(o.days) * 24 * time.Hour}
	for _, text := range o.ips {
		ip, err := netip.ParseAddr(text)
		if err != nil || ip.Zone() != "" {
			return l, fmt.Errorf("--ip %s: want an IP address", text)
		}
		l.IPs = append(l.IPs, ip)
	}
	return l, l.Check()
}

func (o *newCertFlags) certSteps(c registrar.Credential, file, ca string) []string {
	if c.Role == registrar.RoleRegistrar {
		steps := []string{fmt.Sprintf("registrar serve --id %v --asap-tls :3864 --tls-cert %s", c.Server, file)}
		if o.authFile != "" {
			steps[0] += " --transport dtls --auth-file " + o.authFile
		}
		return append(steps, fmt.Sprintf("give %s to elements and users, for --tls-ca", ca))
	}
	return []string{fmt.Sprintf("move %s to the host of %s, with %s, and there: %s --transport dtls --key-file %[1]s --tls-ca %[3]s",
		file, c.Name, ca, o.command(c))}
}
