#!/usr/bin/env bash
# sbom.sh IMAGE VERSION REVISION EPOCH, in an image: what is in it, as SPDX 2.3 in /usr/share/doc/kassaflow/sbom.spdx.json. The packages
# are those that dpkg knows here; those that only the build had (compiler, headers, libraries without code of their own) come as such.
set -euo pipefail
image=$1 version=$2 revision=$3 epoch=$4
readonly folder=/usr/share/doc/kassaflow build=/opt/kassaflow/packages-of-the-build
mkdir -p "$folder"

package() {  # ID NAME VERSION ARCHITECTURE SOURCE SOURCE_VERSION
  printf ',\n  {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,' "$1" "$2" "$3"
  printf ' "sourceInfo": "built from %s %s", "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",' "$5" "$6"
  printf ' "referenceLocator": "pkg:deb/debian/%s@%s?arch=%s&distro=debian-12"}]}' "${2//+/%2B}" "$(escaped "$3")" "$4"
}
escaped() { sed 's/%/%25/g; s/+/%2B/g; s/:/%3A/g; s/~/%7E/g' <<<"$1"; }
id() { printf "%s" "${1//[^A-Za-z0-9.-]/-}-$2"; }

installed() { dpkg-query -W -f='${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n' | LC_ALL=C sort; }
built_with() { [[ ! -f $build ]] || LC_ALL=C sort "$build"; }

packages() {
  printf '  {"SPDXID": "SPDXRef-image", "name": "%s", "versionInfo": "%s", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,' "$image" "$version"
  printf ' "licenseDeclared": "Apache-2.0", "primaryPackagePurpose": "CONTAINER", "sourceInfo": "kassaflow at %s"}' "$revision"
  local name number architecture source source_version
  while read -r name number architecture source source_version; do
    package "in-$(id "$name" "$architecture")" "$name" "$number" "$architecture" "$source" "$source_version"
  done < <(installed)
  while read -r name number architecture source source_version; do
    package "build-$(id "$name" "$architecture")" "$name" "$number" "$architecture" "$source" "$source_version"
  done < <(built_with)
}

relationships() {
  printf '  {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"}'
  local name architecture _
  while read -r name _ architecture _; do
    printf ',\n  {"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-in-%s"}' "$(id "$name" "$architecture")"
  done < <(installed)
  while read -r name _ architecture _; do
    printf ',\n  {"spdxElementId": "SPDXRef-build-%s", "relationshipType": "BUILD_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-image"}' "$(id "$name" "$architecture")"
  done < <(built_with)
}

cat >"$folder/sbom.spdx.json" <<JSON
{
"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "kassaflow-$image-$version",
"documentNamespace": "https://github.com/kassaflow/kassaflow/sbom/$image/$version/$revision",
"creationInfo": {"created": "$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)", "creators": ["Tool: deploy/images/sbom.sh"]},
"packages": [
$(packages)
],
"relationships": [
$(relationships)
]
}
JSON
