package templates

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// families are the keys that are put together at run time: one for every value
// of a typed list and every part that a page shows of it.
func families() []string {
	var keys []string
	add := func(prefix string, values []string, suffixes ...string) {
		for _, v := range values {
			for _, suffix := range suffixes {
				keys = append(keys, prefix+v+suffix)
			}
		}
	}
	add("error.", strs(ErrorKinds()), ".title", ".what", ".next")
	add("notice.", strs(Notices()), "")
	add("place.", strs(PageKeys()), "")
	add("landing.", strs(LandingReasons()), ".title", ".lead")
	add("method.", strs(MethodKinds()), ".name")
	add("method.", []string{"app.fact", "app.unsure", "push.fact", "push.fact.codes", "push.unsure", "email.fact", "email.fact.fixed", "other.fact"}, "")
	add("method.phone.fact.", ways, "")
	add("overview.recovery.", strs(RecoveryStates()), ".title", ".text")
	add("overview.", []string{"apps", "pushes", "phones", "others", "emails"}, ".title", ".text")
	add("remove.along.", strs(Alongs()), "")
	add("remove.next.", strs(NextSignIns()), "")
	add("remove.also.", strs(MethodKinds()), "")
	add("remove.refused.", strs(RemovalRefusals()), "")
	add("remove.way-out.", strs(RemovalRefusals()), "")
	add("add-app.code.", strs(CodeProblems()), "")
	for _, kind := range everything.kinds() {
		add("add-", []string{string(kind)}, ".title")
		add("add.", []string{string(kind)}, ".what")
	}
	add("add.", []string{"app", "push", "email"}, ".text")
	add("add.", []string{"push", "phone", "email"}, ".note")
	add("add.phone.text.", ways, "")
	add("add-phone.lead.", ways, "")
	add("add-phone.problem.", without(strs(NumberProblems()), "landline"), "")
	add("add-email.problem.", strs(AddressProblems()), "")
	add("add-message.code.", strs(MessageProblems()), "")
	add("add-message.sent.", []string{"sms", "voice", "email", "expired.phone", "expired.email"}, "")
	add("add-message.slow.", []string{"sms", "voice", "email"}, "")
	add("add-message.change.", []string{"phone", "email"}, "")
	add("", []string{"add-phone.problem.too-many", "add-email.problem.too-many", "add-message.code.too-many", "add-message.code.messages", "add-message.code.too-soon"}, ".until")
	add("add-push.state.", []string{"denied", "expired"}, ".title", ".text")
	add("add-push.asked.", []string{"not-yet", "unsure"}, "")
	for month := range 12 {
		keys = append(keys, "date.month."+strconv.Itoa(month+1))
	}
	return keys
}

// ways are how a phone gets its codes.
var ways = []string{"sms", "voice", "both"}

func without(values []string, value string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == value })
}

func strs[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

var (
	// call finds a key that is written out in a call for a sentence.
	call = regexp.MustCompile(`\b(?:(?:T|Split)\(\w+(?:\.\w+\(\))*, |Say\()"([^"]+)"[,)]`)
	// literal finds any text that could be a key on its way to such a call.
	literal = regexp.MustCompile(`"([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)"`)
)

// TestKeys fails the build when a page asks for a sentence that nobody wrote,
// and when a sentence waits that no page asks for.
func TestKeys(t *testing.T) {
	known := map[string]bool{}
	data, err := os.ReadFile(filepath.Join("..", "internal", "i18n", "locales", "en.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sentences map[string]any
	if err := json.Unmarshal(data, &sentences); err != nil {
		t.Fatal(err)
	}
	for key := range sentences {
		known[key] = false
	}
	use := func(where, key string) {
		if _, ok := known[key]; !ok {
			t.Errorf("%s asks for %q, which has no sentence", where, key)
		}
		known[key] = true
	}
	for _, key := range families() {
		use("a typed list", key)
	}
	for _, file := range speakers(t) {
		for _, m := range call.FindAllStringSubmatch(file.text, -1) {
			use(file.name, m[1])
		}
		for _, m := range literal.FindAllStringSubmatch(file.text, -1) {
			if _, ok := known[m[1]]; ok {
				known[m[1]] = true
			}
		}
	}
	var unused []string
	for key, used := range known {
		if !used {
			unused = append(unused, key)
		}
	}
	slices.Sort(unused)
	if len(unused) > 0 {
		t.Errorf("no page says: %s", strings.Join(unused, ", "))
	}
}

// speakers are the sources that may ask for a sentence.
func speakers(t *testing.T) []source {
	t.Helper()
	found := append(sources(t, ".templ"), sources(t, ".go")...)
	for _, dir := range []string{"handlers", "web", filepath.Join("internal", "i18n")} {
		names, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, source{name, string(content)})
		}
	}
	return found
}

// TestNoSentenceInTemplates finds words that are written into a template.
func TestNoSentenceInTemplates(t *testing.T) {
	words := regexp.MustCompile(`>[^<>{}@]*[A-Za-zÀ-ÿ]{2,}[^<>{}@]*<`)
	for _, file := range sources(t, ".templ") {
		for i, line := range strings.Split(file.text, "\n") {
			if found := words.FindString(strings.TrimSpace(line)); found != "" {
				t.Errorf("%s:%d: words outside the locale files: %s", file.name, i+1, found)
			}
		}
	}
}

// TestIcons compares the sprite's list with what the pages draw.
func TestIcons(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("..", "static", "src", "icons.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(list)) {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") {
			want = append(want, name)
		}
	}
	drawn := map[string]bool{}
	icon := regexp.MustCompile(`icons\.svg#([a-z0-9-]*)"`)
	eachPage(t, "", func(_ *testing.T, full, _ string) {
		for _, m := range icon.FindAllStringSubmatch(full, -1) {
			drawn[m[1]] = true
		}
	})
	var got []string
	for name := range drawn {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the pages draw %q, icons.txt lists %q", got, want)
	}
}
