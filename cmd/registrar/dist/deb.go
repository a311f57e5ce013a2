package main

import (
	"bytes"
	"crypto/md5"
	"embed"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// packaged has what the package holds beside the program.
//
//go:embed files
var packaged embed.FS

// conffile is what an upgrade does not overwrite where the user changed it.
const conffile = "etc/registrar/registrar.toml"

// noMaintainer is who answers for a package that nobody puts a name to.
const noMaintainer = "Local build without a maintainer <nobody@registrar.invalid>"

// checkMaintainer refuses what is none in the words of Debian (policy section 5.6.2).
func checkMaintainer(text string) error {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name == "" || strings.ContainsAny(text, ",\r\n") {
		return fmt.Errorf("-maintainer %q: want a name and an address without commas, such as Jo Doe <jo@example.net>", text)
	}
	return nil
}

// deb is the Debian package (deb(5)) of p.
func (r *release) deb(p program) ([]byte, error) {
	data, err := r.installed(p)
	if err != nil {
		return nil, err
	}
	control, err := r.control(p, data)
	if err != nil {
		return nil, err
	}
	controlTar, err := control.tar("./", r.date)
	if err != nil {
		return nil, err
	}
	dataTar, err := data.tar("./", r.date)
	if err != nil {
		return nil, err
	}
	var members tree
	members.add("debian-binary", []byte("2.0\n"))
	members.add("control.tar.gz", zip(controlTar))
	members.add("data.tar.gz", zip(dataTar))
	return ar(members, r.date), nil
}

// installed are the files that the package puts into the system.
func (r *release) installed(p program) (tree, error) {
	var t tree
	for name, from := range map[string]string{
		conffile: "registrar.toml",
		"usr/lib/systemd/system/registrar.service": "registrar.service",
		"usr/lib/sysusers.d/registrar.conf":        "sysusers.conf",
		"usr/share/doc/registrar/copyright":        "copyright",
	} {
		text, err := packaged.ReadFile("files/" + from)
		if err != nil {
			return nil, err
		}
		t.add(name, text)
	}
	t.addProgram("usr/bin/registrar", p.data)
	for _, page := range r.man {
		t.add("usr/share/man/man1/"+page.name+".gz", zip(page.data))
	}
	t.add("usr/share/bash-completion/completions/registrar", r.bash)
	t.add("usr/share/zsh/vendor-completions/_registrar", r.zsh)
	t.add("usr/share/fish/vendor_completions.d/registrar.fish", r.fish)
	t = append(t, r.contrib.below("usr/share/registrar")...)
	t.add("usr/share/doc/registrar/changelog.gz", zip(r.changelog))
	t.add("usr/share/doc/registrar/changelog.Debian.gz", zip(r.debianChangelog()))
	t.add("usr/share/doc/registrar/README.md.gz", zip(r.readme))
	t.add("usr/share/doc/registrar/licenses.gz", zip(r.licences))
	return t, nil
}

// control are the files that say what to do with those of data.
func (r *release) control(p program, data tree) (tree, error) {
	var t tree
	var kilobytes int
	var sums bytes.Buffer
	for _, f := range data.sorted() {
		kilobytes += max(1, (len(f.data)+1023)/1024) // a directory counts as one (deb-substvars(5))
		if !strings.HasSuffix(f.name, "/") {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.name)
		}
	}
	t.add("control", fmt.Appendf(nil, `Package: registrar
Version: %s
Architecture: %s
Maintainer: %s
Installed-Size: %d
Section: net
Priority: optional
Description: RSerPool registrar with a live dashboard
 Keeps pools of servers available: pool elements register over ASAP (RFC 5352),
 pool users ask it which element to use, and registrars keep one handlespace in
 step over ENRP (RFC 5353) and take over from each other. SCTP of the kernel, over
 UDP and over DTLS; the tools around it are in the same program.
`, debVersion(r.version, r.date), p.arch, r.maintainer, kilobytes))
	t.add("md5sums", sums.Bytes())
	t.add("conffiles", []byte("/"+conffile+"\n"))
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		text, err := packaged.ReadFile("files/" + script)
		if err != nil {
			return nil, err
		}
		t.addProgram(script, text)
	}
	return t, nil
}

// debianChangelog names the version; what changed is in the changelog.
func (r *release) debianChangelog() []byte {
	return fmt.Appendf(nil, "registrar (%s) unstable; urgency=medium\n\n  * What changed is in changelog.gz.\n\n -- %s  %s\n",
		debVersion(r.version, r.date), r.maintainer, r.date.Format(time.RFC1123Z))
}

// described is a version as git describe gives it: a tag, and after it the commits
// since then and the commit.
var described = regexp.MustCompile(`^v([0-9][0-9A-Za-z.]*)(?:-([a-z][0-9A-Za-z.]*))?(?:-([0-9]+)-g([0-9a-f]+))?$`)

// debVersion is version so that dpkg orders releases rightly: 1.2.0~rc1 before
// 1.2.0 before 1.2.0+3.g1a2b3c4. A commit without a tag is before them all, by date.
func debVersion(version string, date time.Time) string {
	tag, dirty := strings.CutSuffix(version, "-dirty") // with changes that are in no commit
	m := described.FindStringSubmatch(tag)
	if m == nil {
		return "0~" + date.Format("20060102150405") + "+" + strings.Map(inVersion, version)
	}
	v := m[1]
	if m[2] != "" {
		v += "~" + m[2]
	}
	if m[3] != "" {
		v += "+" + m[3] + ".g" + m[4]
	}
	if dirty {
		v += "+dirty"
	}
	return v
}

// inVersion replaces what a version of Debian must not have in this place.
func inVersion(r rune) rune {
	if r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '.'
}
