package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // RFC 7517 x5t is SHA-1 by definition
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// KeySource makes one RSA signing key per call. It may be called from several
// goroutines at once.
type KeySource func() (*rsa.PrivateKey, error)

// signingKeyLife is how long the certificates in x5c are valid; Auth0's are for
// more than a decade.
const signingKeyLife = 13 * 365 * 24 * time.Hour

func generateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// signingKey is one key of the tenant with its published form.
type signingKey struct {
	signer    jose.Signer
	published jose.JSONWebKey
}

// keyring holds the current and the next signing key, as a real tenant publishes
// them. RSA keys take long to make, so they are made in the background, side by
// side; every use waits for them.
type keyring struct {
	source KeySource
	now    func() time.Time
	ready  chan struct{}

	mu      sync.Mutex
	keys    [2]*signingKey    // current, next; written before ready is closed, then only by rotate
	retired []jose.JSONWebKey // former current keys, newest last
	err     error
}

// maxRetired bounds the keys that rotation leaves behind; with more rotations
// than this within ten minutes a token may die early.
const maxRetired = 10

func newKeyring(source KeySource, now func() time.Time) *keyring {
	if source == nil {
		source = generateKey
	}
	k := &keyring{source: source, now: now, ready: make(chan struct{})}
	go k.fill()
	return k
}

// fill makes both keys and lets the waiting go on.
func (k *keyring) fill() {
	defer close(k.ready)
	var (
		both sync.WaitGroup
		errs [2]error
	)
	for i := range k.keys {
		both.Go(func() { k.keys[i], errs[i] = k.newKey() })
	}
	both.Wait()
	k.err = errors.Join(errs[:]...)
}

func (k *keyring) wait() { <-k.ready }

// newKey makes a key, its key id and the self-signed certificate for x5c.
func (k *keyring) newKey() (*signingKey, error) {
	private, err := k.source()
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	kid := randomString(rand.Reader, 21, base64URLAlphabet) // as random as the key itself
	certificate, err := k.certify(private, kid)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: private, KeyID: kid}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	sum1, sum256 := sha1.Sum(certificate.Raw), sha256.Sum256(certificate.Raw) //nolint:gosec // as above
	return &signingKey{signer: signer, published: jose.JSONWebKey{
		Key: private.Public(), KeyID: kid, Algorithm: string(jose.RS256), Use: "sig",
		Certificates:                []*x509.Certificate{certificate},
		CertificateThumbprintSHA1:   sum1[:],
		CertificateThumbprintSHA256: sum256[:],
	}}, nil
}

func (k *keyring) certify(private *rsa.PrivateKey, name string) (*x509.Certificate, error) {
	from := k.now().Add(-time.Hour)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "emulated tenant " + name},
		NotBefore:    from,
		NotAfter:     from.Add(signingKeyLife),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("signing key certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// sign returns claims as a compact JWS by the current key.
func (k *keyring) sign(claims any) (string, error) {
	k.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return "", k.err
	}
	return jwt.Signed(k.keys[0].signer).Claims(claims).Serialize()
}

// set returns the published keys, the current one first.
func (k *keyring) set() (jose.JSONWebKeySet, error) {
	k.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return jose.JSONWebKeySet{}, k.err
	}
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.keys[0].published, k.keys[1].published}}, nil
}

// rotate makes the next key the current one and a new key the next. The former
// current key is no longer published, so that nobody else can check what it
// signed; the tenant itself still honours its own tokens.
func (k *keyring) rotate() error {
	k.wait()
	fresh, err := k.newKey()
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return k.err
	}
	k.retired = appendBounded(k.retired, k.keys[0].published, maxRetired)
	k.keys = [2]*signingKey{k.keys[1], fresh}
	return nil
}

// claimsOf checks the signature of a JWT of ours (RS256 and nothing else) and
// decodes its claims into out. It checks no claim.
func (k *keyring) claimsOf(raw string, out any) error {
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	set, err := k.set()
	if err != nil {
		return err
	}
	k.mu.Lock()
	set.Keys = append(set.Keys, k.retired...)
	k.mu.Unlock()
	if err := token.Claims(set, out); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	return nil
}

// handleJWKS serves the published keys.
func (e *Emulator) handleJWKS(w http.ResponseWriter, _ *http.Request) {
	set, err := e.keys.set()
	if err != nil {
		e.internalFailure(err).write(w)
		return
	}
	writeJSON(w, http.StatusOK, set)
}
