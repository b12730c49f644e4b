#!/usr/bin/env bash
# Pushes the image and the chart to a registry of yours. Log in there before (docker login, helm registry login): this
# script reads no credentials.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

usage() {
    cat <<'TEXT'
Usage: deploy/publish.sh REGISTRY [OPTION...]

  REGISTRY           such as registry.example/team: the image becomes REGISTRY/hansa:TAG,
                     the chart oci://REGISTRY/charts/hansa, whose default image it is

  --tag TAG          of the image, and the chart's version: digits as in 1.2.3, or 1.2.3-rc.1 (default: the version of the
                     build)
  --image NAME       the local image that is pushed (default: hansa:TAG)
  --also ARCH=NAME   another local image, of another architecture: both are pushed as TAG-ARCH, and TAG names both
  --dry-run          print the commands, run none

Example: deploy/publish.sh registry.example/team --tag 0.1.0
TEXT
}

fail() {
    printf 'publish: %s\n' "$1" >&2
    exit 1
}

registry='' tag='' image='' dry=no also=()
while (($#)); do
    case $1 in
        --tag) tag=${2:?--tag: expected a tag} && shift ;;
        --image) image=${2:?--image: expected a name} && shift ;;
        --also) also+=("${2:?--also: expected ARCH=NAME}") && shift ;;
        --dry-run) dry=yes ;;
        -h | --help) usage && exit 0 ;;
        -*) usage >&2 && fail "expected an option of the above; found '$1'" ;;
        *) [[ -z $registry ]] || fail "expected one registry; found '$registry' and '$1'" && registry=$1 ;;
    esac
    shift
done
[[ $registry ]] || { usage >&2 && fail 'expected a registry; found none'; }
# a scheme, a tag or a trailing slash would make names that no registry takes
[[ $registry =~ ^[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$ ]] \
    || fail "REGISTRY: expected a host and path such as registry.example:5000/team; found '$registry'"
if [[ -z $tag ]]; then
    jar=$(compgen -G 'cli/target/hansa/lib/hansa-cli-*.jar' | head -n 1 || true)
    [[ $jar ]] || fail 'version: expected a build in cli/target/hansa/lib, or --tag; found neither'
    tag=$(basename "$jar" .jar) && tag=${tag#hansa-cli-}
fi
# a tag of an image and a version of a chart at once
[[ ${#tag} -le 128 && $tag =~ ^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?$ ]] \
    || fail "--tag: expected a version such as 0.1.0 or 0.2.0-rc.1; found '$tag'"
: "${image:=hansa:$tag}"

run() {
    if [[ $dry == yes ]]; then
        printf '%q ' "$@"
        printf '\n'
    else
        printf 'publish: %s\n' "$*" >&2
        "$@"
    fi
}

push_image() {
    local remote=$registry/hansa:$tag one arch names=()
    if ((${#also[@]} == 0)); then
        run docker tag "$image" "$remote"
        run docker push "$remote"
        return
    fi
    arch=$(docker image inspect --format '{{.Architecture}}' "$image" 2>/dev/null) \
        || { [[ $dry == yes ]] && arch=amd64 || fail "image: expected '$image' in the engine; found none"; }
    for one in "$arch=$image" "${also[@]}"; do
        [[ $one == *=* ]] || fail "--also: expected ARCH=NAME; found '$one'"
        run docker tag "${one#*=}" "$remote-${one%%=*}"
        run docker push "$remote-${one%%=*}"
        names+=("$remote-${one%%=*}")
    done
    run docker manifest create --amend "$remote" "${names[@]}"
    run docker manifest push "$remote"
}

push_chart() {
    local chart=deploy/helm/hansa packages=target/charts default='^  repository: hansa$'
    if [[ ! -f $chart/Chart.yaml ]]; then
        printf 'publish: no chart in %s: none is pushed\n' "$chart" >&2
        return
    fi
    [[ $(grep -c "$default" "$chart/values.yaml") == 1 ]] \
        || fail "chart: expected the default of image.repository once in $chart/values.yaml; found it otherwise"
    if [[ $dry == no ]] && ! command -v helm >/dev/null; then
        fail "helm: expected it on the PATH, to push the chart; found none (the image is pushed)"
    fi
    run mkdir -p "$packages"
    run rm -rf "$packages/hansa"
    # the definitions are links
    run cp -rL "$chart" "$packages/hansa"
    run sed -i "s|$default|  repository: $registry/hansa|" "$packages/hansa/values.yaml"
    run helm package "$packages/hansa" --version "$tag" --app-version "$tag" --destination "$packages"
    run helm push "$packages/hansa-$tag.tgz" "oci://$registry/charts"
}

if [[ $dry == no ]]; then
    command -v docker >/dev/null || fail 'docker: expected it on the PATH; found none'
    docker image inspect "$image" >/dev/null 2>&1 || fail "image: expected '$image' in the engine; found none (deploy/image/build makes it)"
fi
push_image
push_chart
