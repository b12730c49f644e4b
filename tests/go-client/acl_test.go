package goclient

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// A server that asks for tokens, with its first one; started by the first test that wants it.
var (
	guardedOnce sync.Once
	guarded     *server
	guardedErr  error
	firstToken  *api.ACLToken
)

// guardedAs is a client that shows a token; empty: none.
func guardedAs(t *testing.T, secret string) *api.Client {
	t.Helper()
	guardedOnce.Do(func() {
		guarded, guardedErr = start("guarded", "127.174.0.1",
			filepath.Join(scratch, "guarded"), "--acl-enabled", "true")
		if guardedErr == nil {
			guardedErr = guarded.ready()
		}
		if guardedErr == nil {
			firstToken, _, guardedErr = guarded.client.ACL().Bootstrap()
		}
	})
	must(t, guardedErr)
	config := api.DefaultNonPooledConfig()
	config.Address = guarded.host + ":8500"
	config.Token = secret
	config.HttpClient = &http.Client{Transport: noting{config.Transport}}
	client, err := api.NewClient(config)
	must(t, err)
	return client
}

func root(t *testing.T) *api.Client {
	t.Helper()
	guardedAs(t, "")
	return guardedAs(t, firstToken.SecretID)
}

// shows: PUT /v1/acl/bootstrap
func TestAclIsBootstrappedOnce(t *testing.T) {
	client := root(t)
	equal(t, "length of the secret", len(firstToken.SecretID), 36)
	equal(t, "its policy", firstToken.Policies[0].Name, "global-management")
	_, _, err := client.ACL().Bootstrap()
	refused(t, err, 403, "ACL bootstrap no longer allowed (reset index: ")
	_, _, err = eks.client.ACL().TokenList(nil)
	refused(t, err, 401, "ACL support disabled")
}

// shows: PUT /v1/acl/token
func TestAclTokenMayDoWhatItsPolicySays(t *testing.T) {
	client := root(t)
	policy, _, err := client.ACL().PolicyCreate(&api.ACLPolicy{
		Name:  "web-writer",
		Rules: `service "web" { policy = "write" } node_prefix "" { policy = "read" }`,
	}, nil)
	must(t, err)
	token, _, err := client.ACL().TokenCreate(&api.ACLToken{
		Description: "web",
		Policies:    []*api.ACLTokenPolicyLink{{ID: policy.ID}},
	}, nil)
	must(t, err)
	web := guardedAs(t, token.SecretID)
	ok, _, err := web.ConfigEntries().Set(&api.ServiceConfigEntry{
		Kind: api.ServiceDefaults, Name: "web", Protocol: "tcp",
	}, nil)
	must(t, err)
	equal(t, "whether it is written", ok, true)
	_, _, err = web.ConfigEntries().Set(&api.ServiceConfigEntry{
		Kind: api.ServiceDefaults, Name: "other", Protocol: "tcp",
	}, nil)
	refused(t, err, 403, "Permission denied: token with AccessorID '"+token.AccessorID+"' lacks permission 'service:write' on \"other\"")
	_, _, err = web.Peerings().List(background(), nil)
	refused(t, err, 403, "lacks permission 'peering:read'")

	must(t, client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "web", Port: 80}))
	must(t, client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "other", Port: 80}))
	services, meta, err := web.Catalog().Services(nil)
	must(t, err)
	if _, sees := services["web"]; !sees || len(services) != 1 {
		t.Fatalf("expected web alone; found %v", services)
	}
	equal(t, "whether something was left out", meta.ResultsFilteredByACLs, true)
	equal(t, "what holds where no rule speaks", meta.DefaultACLPolicy, "deny")
	none, _, err := guardedAs(t, "").Catalog().Services(nil)
	must(t, err)
	equal(t, "services that anybody sees", len(none), 0)
}

// shows: GET /v1/acl/token/self
// shows: GET /v1/acl/token/:accessor
// shows: PUT /v1/acl/token/:accessor
// shows: DELETE /v1/acl/token/:accessor
// shows: PUT /v1/acl/token/:accessor/clone
// shows: GET /v1/acl/tokens
func TestAclTokenIsReadUpdatedClonedAndDeleted(t *testing.T) {
	client := root(t)
	made, _, err := client.ACL().TokenCreate(&api.ACLToken{
		Description:       "first",
		ServiceIdentities: []*api.ACLServiceIdentity{{ServiceName: "shop"}},
		ExpirationTTL:     time.Hour,
	}, nil)
	must(t, err)
	if made.ExpirationTime == nil || time.Until(*made.ExpirationTime) > time.Hour {
		t.Fatalf("expected a life of an hour; found %v", made.ExpirationTime)
	}
	read, _, err := client.ACL().TokenRead(made.AccessorID, nil)
	must(t, err)
	equal(t, "the secret, read again", read.SecretID, "<hidden>")
	equal(t, "whose identity", read.ServiceIdentities[0].ServiceName, "shop")
	read.Description = "second"
	read.Policies = []*api.ACLTokenPolicyLink{{Name: "builtin/global-read-only"}}
	changed, _, err := client.ACL().TokenUpdate(read, nil)
	must(t, err)
	equal(t, "description", changed.Description, "second")
	equal(t, "policies", len(changed.Policies), 1)
	self, _, err := guardedAs(t, made.SecretID).ACL().TokenReadSelf(nil)
	must(t, err)
	equal(t, "who I am", self.AccessorID, made.AccessorID)
	equal(t, "the secret that I have just shown", self.SecretID, made.SecretID)
	clone, _, err := client.ACL().TokenClone(made.AccessorID, "third", nil)
	must(t, err)
	equal(t, "policies of the clone", len(clone.Policies), 1)
	list, _, err := client.ACL().TokenList(nil)
	must(t, err)
	found := 0
	for _, entry := range list {
		if entry.AccessorID == made.AccessorID || entry.AccessorID == clone.AccessorID {
			found++
		}
	}
	equal(t, "of both in the list", found, 2)
	_, err = client.ACL().TokenDelete(made.AccessorID, nil)
	must(t, err)
	_, _, err = client.ACL().TokenRead(made.AccessorID, nil)
	refused(t, err, 404, "token does not exist: ACL not found")
	_, _, err = guardedAs(t, made.SecretID).ACL().TokenReadSelf(nil)
	refused(t, err, 403, "ACL not found")
	_, _, err = guardedAs(t, clone.SecretID).ACL().TokenReadSelf(nil)
	must(t, err)
}

// shows: PUT /v1/acl/policy
// shows: GET /v1/acl/policy/:id
// shows: PUT /v1/acl/policy/:id
// shows: DELETE /v1/acl/policy/:id
// shows: GET /v1/acl/policy/name/:name
// shows: GET /v1/acl/policies
func TestAclPolicyIsWrittenReadListedAndDeleted(t *testing.T) {
	client := root(t)
	made, _, err := client.ACL().PolicyCreate(&api.ACLPolicy{Name: "peers", Description: "who peers", Rules: `peering = "write"`, Datacenters: []string{"guarded"}}, nil)
	must(t, err)
	read, _, err := client.ACL().PolicyRead(made.ID, nil)
	must(t, err)
	equal(t, "rules", read.Rules, `peering = "write"`)
	named, _, err := client.ACL().PolicyReadByName("peers", nil)
	must(t, err)
	equal(t, "the same by name", named.ID, made.ID)
	read.Rules = `peering = "read"`
	changed, _, err := client.ACL().PolicyUpdate(read, nil)
	must(t, err)
	equal(t, "rules, changed", changed.Rules, `peering = "read"`)
	list, _, err := client.ACL().PolicyList(nil)
	must(t, err)
	names := map[string]bool{}
	for _, entry := range list {
		names[entry.Name] = true
	}
	for _, name := range []string{"global-management", "builtin/global-read-only", "peers"} {
		equal(t, "whether "+name+" is listed", names[name], true)
	}
	_, err = client.ACL().PolicyDelete(made.ID, nil)
	must(t, err)
	gone, _, err := client.ACL().PolicyReadByName("peers", nil)
	must(t, err)
	if gone != nil {
		t.Fatalf("expected no policy; found %v", gone)
	}
	_, _, err = client.ACL().PolicyCreate(&api.ACLPolicy{Name: "bad", Rules: `service "a" { policy = "wirte" }`}, nil)
	refused(t, err, 400, "expected 'read', 'write' or 'deny'; found 'wirte'")
}

// issuer makes tokens as an identity provider does, with a key of this test's.
type issuer struct {
	key    *ecdsa.PrivateKey
	public string
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(t, err)
	return issuer{key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
}

func (i issuer) token(t *testing.T, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	must(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + encode(body)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	must(t, err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}

func (i issuer) method(name string) *api.ACLAuthMethod {
	return &api.ACLAuthMethod{
		Name:        name,
		Type:        "jwt",
		Description: "people",
		MaxTokenTTL: time.Hour,
		Config: map[string]interface{}{
			"JWTValidationPubKeys": []string{i.public},
			"JWTSupportedAlgs":     []string{"ES256"},
			"BoundIssuer":          "https://issuer.example",
			"BoundAudiences":       []string{"hansa"},
			"ClaimMappings":        map[string]string{"sub": "user", "/org/team": "team"},
			"ListClaimMappings":    map[string]string{"groups": "groups"},
		},
	}
}

// shows: PUT /v1/acl/auth-method
// shows: GET /v1/acl/auth-method/:name
// shows: PUT /v1/acl/auth-method/:name
// shows: DELETE /v1/acl/auth-method/:name
// shows: GET /v1/acl/auth-methods
func TestAclAuthMethodIsWrittenReadListedAndDeleted(t *testing.T) {
	client := root(t)
	made, _, err := client.ACL().AuthMethodCreate(newIssuer(t).method("listed"), nil)
	must(t, err)
	equal(t, "how long a login lasts", made.MaxTokenTTL, time.Hour)
	equal(t, "locality", made.TokenLocality, "local")
	read, _, err := client.ACL().AuthMethodRead("listed", nil)
	must(t, err)
	equal(t, "issuer", read.Config["BoundIssuer"], any("https://issuer.example"))
	read.Description = "others"
	changed, _, err := client.ACL().AuthMethodUpdate(read, nil)
	must(t, err)
	equal(t, "description", changed.Description, "others")
	list, _, err := client.ACL().AuthMethodList(nil)
	must(t, err)
	found := 0
	for _, entry := range list {
		if entry.Name == "listed" && entry.Type == "jwt" && entry.MaxTokenTTL == time.Hour {
			found++
		}
	}
	equal(t, "of it in the list", found, 1)
	_, err = client.ACL().AuthMethodDelete("listed", nil)
	must(t, err)
	gone, _, err := client.ACL().AuthMethodRead("listed", nil)
	must(t, err)
	if gone != nil {
		t.Fatalf("expected no auth method; found %v", gone)
	}
	weak := newIssuer(t).method("weak")
	weak.Config["JWTSupportedAlgs"] = []string{"HS256"}
	_, _, err = client.ACL().AuthMethodCreate(weak, nil)
	refused(t, err, 400, "JWTSupportedAlgs: expected some of [RS256, ")
}

// shows: PUT /v1/acl/binding-rule
// shows: GET /v1/acl/binding-rule/:id
// shows: PUT /v1/acl/binding-rule/:id
// shows: DELETE /v1/acl/binding-rule/:id
// shows: GET /v1/acl/binding-rules
func TestAclBindingRuleIsWrittenReadListedAndDeleted(t *testing.T) {
	client := root(t)
	_, _, err := client.ACL().AuthMethodCreate(newIssuer(t).method("bound"), nil)
	must(t, err)
	made, _, err := client.ACL().BindingRuleCreate(&api.ACLBindingRule{
		AuthMethod: "bound",
		BindType:   api.BindingRuleBindTypePolicy,
		BindName:   "team-${value.team}",
		Selector:   `value.user != "" and "dev" in list.groups`,
	}, nil)
	must(t, err)
	read, _, err := client.ACL().BindingRuleRead(made.ID, nil)
	must(t, err)
	equal(t, "name", read.BindName, "team-${value.team}")
	read.BindName = "people"
	changed, _, err := client.ACL().BindingRuleUpdate(read, nil)
	must(t, err)
	equal(t, "name, changed", changed.BindName, "people")
	list, _, err := client.ACL().BindingRuleList("bound", nil)
	must(t, err)
	equal(t, "rules of the method", len(list), 1)
	_, err = client.ACL().BindingRuleDelete(made.ID, nil)
	must(t, err)
	gone, _, err := client.ACL().BindingRuleRead(made.ID, nil)
	must(t, err)
	if gone != nil {
		t.Fatalf("expected no binding rule; found %v", gone)
	}
	_, _, err = client.ACL().BindingRuleCreate(&api.ACLBindingRule{
		AuthMethod: "bound", BindType: api.BindingRuleBindTypeRole, BindName: "x",
	}, nil)
	refused(t, err, 400, "there are no roles")
}

// shows: POST /v1/acl/login
// shows: POST /v1/acl/logout
func TestAclLoginGivesWhatTheRulesSayUntilLogout(t *testing.T) {
	client := root(t)
	issuer := newIssuer(t)
	_, _, err := client.ACL().AuthMethodCreate(issuer.method("people"), nil)
	must(t, err)
	_, _, err = client.ACL().PolicyCreate(&api.ACLPolicy{Name: "team-shop", Rules: `peering = "read"`}, nil)
	must(t, err)
	_, _, err = client.ACL().BindingRuleCreate(&api.ACLBindingRule{
		AuthMethod: "people",
		BindType:   api.BindingRuleBindTypePolicy,
		BindName:   "team-${value.team}",
		Selector:   `"dev" in list.groups`,
	}, nil)
	must(t, err)
	end := time.Now().Add(10 * time.Minute).Truncate(time.Second)
	claims := map[string]any{
		"iss": "https://issuer.example", "aud": "hansa", "sub": "ada", "exp": end.Unix(),
		"org": map[string]any{"team": "shop"}, "groups": []string{"dev"},
	}
	anybody := guardedAs(t, "")
	token, _, err := anybody.ACL().Login(&api.ACLLoginParams{
		AuthMethod: "people", BearerToken: issuer.token(t, claims), Meta: map[string]string{"host": "laptop"},
	}, nil)
	must(t, err)
	equal(t, "auth method", token.AuthMethod, "people")
	equal(t, "policy", token.Policies[0].Name, "team-shop")
	equal(t, "description", token.Description, `token created via login: {"host":"laptop"}`)
	equal(t, "end", token.ExpirationTime.Unix(), end.Unix())
	ada := guardedAs(t, token.SecretID)
	_, _, err = ada.Peerings().List(background(), nil)
	must(t, err)
	mine, _, err := client.ACL().TokenListFiltered(api.ACLTokenFilterOptions{AuthMethod: "people"}, nil)
	must(t, err)
	equal(t, "tokens of the method", len(mine), 1)
	_, err = ada.ACL().Logout(nil)
	must(t, err)
	_, _, err = ada.Peerings().List(background(), nil)
	refused(t, err, 403, "ACL not found")
	_, err = client.ACL().Logout(nil)
	refused(t, err, 403, "expected a token that a login has made")

	claims["groups"] = []string{"other"}
	_, _, err = anybody.ACL().Login(&api.ACLLoginParams{AuthMethod: "people", BearerToken: issuer.token(t, claims)}, nil)
	refused(t, err, 403, "expected a binding rule of auth method 'people'")
	_, _, err = anybody.ACL().Login(&api.ACLLoginParams{AuthMethod: "people", BearerToken: newIssuer(t).token(t, claims)}, nil)
	refused(t, err, 403, "expected a signature by a key of the auth method")
	_, _, err = anybody.ACL().Login(&api.ACLLoginParams{AuthMethod: "nobodys", BearerToken: "x"}, nil)
	refused(t, err, 403, "ACL not found: auth method \"nobodys\" not found")
}
