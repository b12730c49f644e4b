#!/usr/bin/env bash
# The whole story on two Kubernetes clusters: a shop in each, peered by one token; shippingservice's deployment is deleted in
# the first, and the shop there goes on selling through the second. Each step is checked; at the end everything is taken
# away again. --dry-run lists every command and runs none.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat >&2 <<'TEXT'
usage: deploy/demo/run.sh --eks CONTEXT --lke CONTEXT [options]
  --eks CONTEXT, --lke CONTEXT   contexts of kubectl; any two clusters will do, their datacenters are called eks and lke
  --image REPOSITORY:TAG         Hansa's image, as deploy/publish.sh pushed it (default: the chart's)
  --values FILE                  more values of the chart, for both
  --eks-values FILE, --lke-values FILE   more values for one: gateway.yaml of its Terraform
  --chart CHART                  default: deploy/helm/hansa beside this script
  --hansa FILE                   the hansa command (default: ./hansa of this checkout, else the PATH's)
  --timeout SECONDS              the longest wait of a step (default 600)
  --keep                         leave everything running
  --dry-run                      say what would be done
TEXT
    exit 2
}

eks='' lke='' image='' chart=$here/../helm/hansa hansa='' timeout=600 keep='' dry='' values=() eks_values=() lke_values=()
while (($#)); do
    case $1 in
        --keep) keep=1 ;;
        --dry-run) dry=1 ;;
        --eks | --lke | --image | --values | --eks-values | --lke-values | --chart | --hansa | --timeout)
            [[ -n ${2:-} ]] || usage
            case $1 in
                --eks) eks=$2 ;;
                --lke) lke=$2 ;;
                --image) image=$2 ;;
                --values) values+=(--values "$2") ;;
                --eks-values) eks_values+=(--values "$2") ;;
                --lke-values) lke_values+=(--values "$2") ;;
                --chart) chart=$2 ;;
                --hansa) hansa=$2 ;;
                --timeout) timeout=$2 ;;
            esac
            shift
            ;;
        *) usage ;;
    esac
    shift
done
[[ -n $eks && -n $lke && $eks != "$lke" && $timeout =~ ^[1-9][0-9]{0,4}$ ]] || usage
if [[ -z $hansa ]]; then
    if [[ -x $here/../../hansa ]]; then hansa=$here/../../hansa; else hansa=hansa; fi
fi

fail() {
    printf 'demo: %s\n' "$1" >&2
    exit 1
}

said() {
    printf '+'
    printf ' %q' "$@"
    printf '\n'
}

# Says a command and, but for a dry run, runs it.
run() {
    said "$@"
    [[ -n $dry ]] || "$@"
}

# A question: said in a dry run, asked otherwise (again and again, so not said each time).
ask() {
    if [[ -n $dry ]]; then said "$@" >&2; else "$@"; fi
}

# Until a question's answer holds, once a second, no longer than the timeout. until_true SUBJECT QUESTION...
until_true() {
    local subject=$1 end=$((SECONDS + timeout))
    shift
    printf '# until: %s\n' "$subject"
    if [[ -n $dry ]]; then
        "$@" 2>&1 || true
        return
    fi
    until "$@" > /dev/null 2>&1; do
        ((SECONDS < end)) || fail "$subject: expected within $timeout s; the last answer: $("$@" 2>&1 | tail -n 3)"
        sleep 1
    done
}

context() { if [[ $1 == eks ]]; then printf '%s' "$eks"; else printf '%s' "$lke"; fi; }
k() { run kubectl --context "$(context "$1")" "${@:2}"; }
k_ask() { ask kubectl --context "$(context "$1")" "${@:2}"; }

step_begun=$SECONDS
step() {
    printf '\n== %s\n' "$1"
    step_begun=$SECONDS
}
held() { [[ -n $dry ]] || printf 'ok   %-10s %4d s  %s\n' "$1" $((SECONDS - step_begun)) "$2"; }

for tool in kubectl helm; do
    [[ -n $dry ]] || command -v "$tool" > /dev/null || fail "$tool: expected on the PATH; found none"
done

# --- nothing that was there before is touched -------------------------------------------------------

step 'before: neither namespace is there, and no definition'
for dc in eks lke; do
    # a cluster that does not answer ends the story here, where nothing has been made
    found=$(k_ask "$dc" get namespaces shop hansa --ignore-not-found -o name) || fail "$dc: expected a cluster that answers"
    [[ -z $found || -n $dry ]] || fail "$dc: expected no namespace shop and no namespace hansa, which this script makes and deletes; found ${found//$'\n'/, }"
    found=$(k_ask "$dc" get crds -l app.kubernetes.io/part-of=hansa -o name) || fail "$dc: expected a cluster that answers"
    [[ -z $found || -n $dry ]] || fail "$dc: expected no definitions of hansa.dev, which the chart brings and this script deletes; found ${found//$'\n'/, } of another installation, or of one that has gone (kubectl delete crds -l app.kubernetes.io/part-of=hansa, if nobody has objects of them)"
done

# --- the end, however it comes --------------------------------------------------------------------

umask 077
private=$(mktemp -d)
clean() {
    local status=$?
    trap - EXIT
    rm -rf -- "$private"
    if [[ -n $keep ]]; then
        printf '\nkept: namespaces shop and hansa in both clusters; the peerings, too\n'
        exit "$status"
    fi
    step 'taking everything away'
    local dc
    for dc in eks lke; do
        # objects first: their finalizers need the operator, which the chart takes with it
        k "$dc" delete -R -f "$here/config/$dc" --ignore-not-found --timeout=60s || true
        k "$dc" delete namespace shop --ignore-not-found --timeout="${timeout}s" || true
        run helm uninstall hansa --kube-context "$(context "$dc")" --namespace hansa --ignore-not-found --wait || true
        k "$dc" delete namespace hansa --ignore-not-found --timeout="${timeout}s" || true
        # the chart leaves its definitions, and they bear this release's name: another one could not be installed
        k "$dc" delete crds -l app.kubernetes.io/part-of=hansa --ignore-not-found --timeout=60s || true
    done
    exit "$status"
}
trap clean EXIT

# --- the shop, plain --------------------------------------------------------------------------------

step '1: the shop without a mesh, in both clusters'
deployments=(frontend productcatalogservice currencyservice cartservice recommendationservice shippingservice checkoutservice
    emailservice adservice redis-cart)
rolled_out() {
    local name
    for name in "${deployments[@]}"; do
        k "$1" --namespace shop rollout status "deployment/$name" --timeout="${timeout}s"
    done
}
for dc in eks lke; do k "$dc" apply -k "$here/plain"; done
for dc in eks lke; do rolled_out "$dc"; done

# The answers that the customer had: status and seconds, with the time before each.
answers() { k_ask "$1" --namespace shop logs load --timestamps "${@:2}"; }
# What customers met since then. bought DATACENTER TIME
bought() {
    answers "$1" --since-time="$2" | awk '
        function seconds(t,  p) { split(substr(t, 12), p, ":"); return p[1] * 3600 + p[2] * 60 + p[3] }
        NF >= 3 {
            all++
            now = seconds($1)
            if ($2 == "200") { if (last && now - last > gap) gap = now - last; last = now } else failed++
        }
        END { printf "%d of %d carts failed; the longest time without a sale: %.2f s", failed, all, gap }'
}
# The last three seconds: five answers at least, and none that is no cart.
sells() { answers "$1" --since=3s | awk '{ print } $2 == "200" { n++; next } { failed++ } END { exit n < 5 || failed }'; }
for dc in eks lke; do until_true "the cart of $dc" sells "$dc"; done
payment_is_down() {
    [[ $(ask kubectl --context "$(context "$1")" --namespace shop get deployment paymentservice -o 'jsonpath={.status.readyReplicas}') =~ ^0?$ ]]
}
for dc in eks lke; do until_true "paymentservice of $dc, not ready" payment_is_down "$dc"; done
held plain 'both shops sell; paymentservice lacks its variable PORT and is not ready'

# --- Hansa ------------------------------------------------------------------------------------------

step '2: Hansa in both clusters'
for dc in eks lke; do
    settings=(--set "global.name=hansa,global.datacenter=$dc")
    [[ -z $image ]] || settings+=(--set "image.repository=${image%:*}" --set "image.tag=${image##*:}")
    more=("${values[@]}")
    if [[ $dc == eks ]]; then more+=("${eks_values[@]}"); else more+=("${lke_values[@]}"); fi
    run helm upgrade --install hansa "$chart" --kube-context "$(context "$dc")" --namespace hansa --create-namespace \
        "${settings[@]}" "${more[@]}" --wait --timeout "${timeout}s"
done
for dc in eks lke; do
    k "$dc" --namespace hansa wait --for=condition=complete job -l app.kubernetes.io/component=bootstrap --timeout="${timeout}s"
done
held chart 'servers, gateways, operator and injector are ready'

step '3: the intentions, before anybody is held to them'
for dc in eks lke; do k "$dc" apply -f "$here/config/$dc/mesh.yaml" -f "$here/config/$dc/intentions.yaml"; done
k eks wait --for=condition=Synced serviceintentions.hansa.dev/shop serviceintentions.hansa.dev/paymentservice --timeout="${timeout}s"
k lke wait --for=condition=Synced serviceintentions.hansa.dev/shop serviceintentions.hansa.dev/shipping-allow-eks --timeout="${timeout}s"
held intentions 'checkoutservice alone may call paymentservice; paymentservice calls nobody'

step '4: the shops into the mesh, by rollouts while customers buy'
since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
# Who is called before who calls: a caller outside still reaches a pod of the mesh, one inside finds no pod outside.
for wave in redis-cart,productcatalogservice,currencyservice,shippingservice,emailservice,adservice,paymentservice \
    cartservice,recommendationservice checkoutservice frontend; do
    for dc in eks lke; do k "$dc" apply -k "$here/meshed" -l "app in ($wave)"; done
    for name in ${wave//,/ }; do
        # it waits for its variable
        [[ $name != paymentservice ]] || continue
        for dc in eks lke; do k "$dc" --namespace shop rollout status "deployment/$name" --timeout="${timeout}s"; done
    done
done
for dc in eks lke; do until_true "the cart of $dc in the mesh" sells "$dc"; done
for dc in eks lke; do held "meshed $dc" "a sidecar in each pod; $(bought "$dc" "$since")"; done

step '5: through mesh gateways'
for dc in eks lke; do k "$dc" wait --for=condition=Synced mesh.hansa.dev/mesh --timeout="${timeout}s"; done
held mesh 'both sides peer through their gateways'

step '6 and 7: a token of eks, established in lke'
# Who may, and by which certificates they are known: in files of this user's alone, gone at the end.
for dc in eks lke; do
    k_ask "$dc" --namespace hansa get secret hansa-bootstrap-acl-token -o 'go-template={{.data.token | base64decode}}' > "$private/$dc.token"
    k_ask "$dc" --namespace hansa get configmap hansa-ca-cert -o 'go-template={{index .data "ca.crt"}}' >> "$private/ca.pem"
done
run "$hansa" peer "kube:$eks/hansa" "kube:$lke/hansa" --kube-service hansa-server --kube-port 8501 --kube-tls \
    --ca-file "$private/ca.pem" --token-file-a "$private/eks.token" --token-file-b "$private/lke.token" --timeout "${timeout}s"
held peer 'both sides are active; the peering token touched no disk'

step '8: lke exports shippingservice to eks'
k lke apply -f "$here/config/lke/exported-services.yaml"
k lke wait --for=condition=Synced exportedservices.hansa.dev/default --timeout="${timeout}s"
held export 'exported'

step '9: paymentservice is mended'
for dc in eks lke; do
    k "$dc" --namespace shop set env deployment/paymentservice PORT=50051
    k "$dc" --namespace shop rollout status deployment/paymentservice --timeout="${timeout}s"
done
held payment 'ready in both'

step '10: the resolver of eks: shippingservice fails over to lke'
k eks apply -f "$here/config/eks/service-resolver.yaml"
k eks wait --for=condition=Synced serviceresolver.hansa.dev/shippingservice --timeout="${timeout}s"
held resolver 'in force'

# --- the failover -----------------------------------------------------------------------------------

step "11: shippingservice's deployment is deleted in eks"
since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
k eks --namespace shop delete deployment shippingservice --wait
no_shipping() { [[ -z $(ask kubectl --context "$eks" --namespace shop get pods -l app=shippingservice -o name) ]]; }
until_true 'no pod of shippingservice in eks' no_shipping
held deleted 'no pod of it is left'

step '12: the shop in eks goes on selling'
until_true 'the cart of eks, with the price of lke' sells eks
# Between the first refusal and the next answer; and how many customers it met.
held failover "$(bought eks "$since")"

order() {
    ask kubectl --context "$eks" --namespace shop exec load -- curl -s -m 10 -b shop_session-id=demo \
        -d email=jane@example.com -d street_address='1 Quay' -d zip_code=23552 -d city=Luebeck -d state=SH -d country=Germany \
        -d credit_card_number=4432-8015-6152-0454 -d credit_card_expiration_month=1 -d credit_card_expiration_year=2039 \
        -d credit_card_cvv=672 http://frontend/cart/checkout | grep -q 'order is complete'
}
until_true 'an order, shipped from lke' order
held order 'an order is complete, shipped from lke'

step '13: and back'
k eks apply -k "$here/meshed"
k eks --namespace shop rollout status deployment/shippingservice --timeout="${timeout}s"
until_true 'the cart of eks, with its own price' sells eks
held failback "eks's shippingservice is back"

[[ -n $dry ]] || printf '\nall steps held\n'
