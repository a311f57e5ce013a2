package main

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// read reads flags, environment, the configuration and all files that these name, as
// a start does, and finds out what of it is new. Its error names the setting that is
// wrong, and where it is set.
func (r *reloader) read() (plan, error) {
	cmd, next, err := reread(r.cmd)
	if err != nil {
		return plan{}, err
	}
	p, err := r.plan(cmd, next)
	return p, placed(cmd.Flags(), err)
}

// reread gives the command with the flags of was, and all else read anew.
func reread(was *cobra.Command) (*cobra.Command, *serveOptions, error) {
	root := newRootCmd(io.Discard)
	stale, _, err := root.Find([]string{was.Name()})
	if err != nil {
		return nil, nil, err
	}
	cmd, next := newServe()
	root.RemoveCommand(stale)
	root.AddCommand(cmd)
	if err := cmd.ParseFlags(nil); err != nil { // the global ones are there from now on
		return nil, nil, err
	}
	was.Flags().VisitAll(func(f *pflag.Flag) {
		if sourceOf(f) == fromFlag {
			err = errors.Join(err, set(cmd.Flags(), f.Name, valuesIn(f)))
		}
	})
	if err == nil {
		err = applySettings(cmd)
	}
	next.speak(cmd.Flags())
	return cmd, next, err
}

// valuesIn are what a flag was set to.
func valuesIn(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

// valuesOf are those of all flags, in a form to compare.
func valuesOf(flags *pflag.FlagSet) map[string]string {
	values := make(map[string]string)
	flags.VisitAll(func(f *pflag.Flag) {
		if settable(f) {
			values[f.Name] = strings.Join(valuesIn(f), "\n")
		}
	})
	return values
}

// plan checks next as a start does, and reads the files that count.
func (r *reloader) plan(cmd *cobra.Command, next *serveOptions) (p plan, err error) {
	cfg, err := next.config(cmd.Flags(), r.log)
	if err != nil {
		return p, err
	}
	if err := errors.Join(next.secureOptions.check(next.secured(), next.identity(cfg.Registrar)), next.http.check()); err != nil {
		return p, err
	}
	p.options, p.values = r.merge(next, valuesOf(cmd.Flags()), &p.pending)
	p.peers, p.protected = cfg.Peers, cfg.Registrar.Protected
	p.level = logLevel(cmd, cmd.Flags().Lookup("log-level").Value.String())
	if p.level != r.level.Level() {
		p.what = append(p.what, "log-level "+strings.ToLower(p.level.String()))
	}
	return p, errors.Join(r.planProofs(&p), r.planHTTP(&p))
}

func (r *reloader) planProofs(p *plan) (err error) {
	if p.proofs, err = p.options.read(p.options.secured(), r.id, r.security.proofs); err != nil {
		return err
	}
	if p.proofs.table != r.security.table {
		p.what = append(p.what, "auth-file: other identities")
	}
	if !sameCertificate(p.proofs.own, r.security.own) {
		p.what = append(p.what, "tls-cert: another certificate")
	}
	return nil
}

func (r *reloader) planHTTP(p *plan) (err error) {
	if r.board == nil {
		return nil
	}
	if p.http, err = p.options.http.read(); err != nil {
		return err
	}
	if p.options.http.tokenFile == "" { // the one that was made stays
		p.http.token = r.board.token
	}
	if p.http.token != r.board.token {
		p.what = append(p.what, "http-token-file: another token")
	}
	if !sameCertificate(p.http.pair, r.board.pair) {
		p.what = append(p.what, "http-tls-cert: another certificate")
	}
	return nil
}

// merge gives the options in force with those of next that can change while the
// registrar runs; the other ones that are new are pending.
func (r *reloader) merge(next *serveOptions, values map[string]string, pending *[]string) (*serveOptions, map[string]string) {
	o := *r.options
	merged := make(map[string]string, len(values))
	for name, value := range values {
		switch was := r.values[name]; {
		case value == was || r.takes(&o, next, name):
			merged[name] = value
		default:
			merged[name] = was
			*pending = append(*pending, name)
		}
	}
	slices.Sort(*pending)
	return &o, merged
}

// takes puts a setting of next into o if it can change while the registrar runs.
// What is off when it starts stays so: what would be served has no place.
func (r *reloader) takes(o, next *serveOptions, name string) bool {
	file := func(into *string, from string, on bool) bool {
		if on {
			*into = from
		}
		return on
	}
	secured, web := o.secured() && next.secured(), r.board != nil && next.http.address != ""
	certified, https := o.certFile != "" && next.certFile != "", web && o.http.tls() && next.http.tls()
	switch name {
	case "peer", "protect", "log-level", "verbose", "quiet":
		return true
	case "auth-file":
		return file(&o.authFile, next.authFile, secured)
	case "tls-cert":
		return file(&o.certFile, next.certFile, certified)
	case "tls-key":
		return file(&o.keyFile, next.keyFile, certified)
	case "http-token-file":
		return file(&o.http.tokenFile, next.http.tokenFile, web && next.http.tokenFile != "")
	case "http-tls-cert":
		return file(&o.http.certFile, next.http.certFile, https)
	case "http-tls-key":
		return file(&o.http.keyFile, next.http.keyFile, https)
	}
	return false
}

// join is texts as a list in words.
func join(texts []string) string { return strings.Join(texts, ", ") }
