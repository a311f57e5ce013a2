package browser_test

import "testing"

// The page compares the whole handlespace with the registrar's, and names the pool
// that differs.
func TestCompareDigests(t *testing.T) {
	s, _, _ := pair(t)
	b := openTab(t)
	b.visit(s.url("/peers"))
	b.live()
	const said = `document.querySelector("#page-peers [data-t=digest]").innerText`
	press := func() { b.t.Helper(); b.click(`#page-peers [data-act=compare]`) }
	press()
	b.until(`/^[0-9a-f]{4}…[0-9a-f]{4} here and there, at /.test(` + said + `)`)
	// As if this page had missed a change: the registrar's answers have another weight.
	eval[int](b, `(() => {
		const real = window.fetch;
		window.fetch = async (at, how) => {
			const answer = await real(at, how), body = await answer.clone().json().catch(() => null);
			if (body?.digest && body.seq) body.digest = "sha256:" + "ab".repeat(32);
			const pool = body?.pools?.find?.(p => p.handle === "EchoPool");
			if (pool) pool.elements[0].policy.weight++;
			return body ? new Response(JSON.stringify(body), {status: answer.status}) : answer;
		};
		return 1;
	})()`)
	press()
	b.until(`/^abab…abab told, [0-9a-f]{4}…[0-9a-f]{4} by this page, in EchoPool$/.test(` + said + `) || ` + said + ` === "changes come too fast for it now"`)
	if got := eval[string](b, said); got == "changes come too fast for it now" {
		t.Fatal("two registrars at rest change too fast to be compared")
	}
	b.shot("digests")
}
