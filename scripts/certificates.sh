#!/usr/bin/env bash
# certificates.sh FOLDER [NAME[@ADDRESS]...]: an authority of the stack's own, and for each NAME a certificate and key that it
# signed, where they are missing: FOLDER/authority.pem, NAME.pem, NAME.key. Those who know it by its IP address get that, too.
# For the local stack and for tests; the authority's key stays in the folder. In production a certificate manager does this.
set -euo pipefail
umask 077
readonly DAYS=3650 DOMAIN=kassaflow.internal
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

make() {  # FILE SUBJECT OPENSSL_OPTION...: FILE.pem and FILE.key, complete or not at all
  local file=$1 subject=$2
  shift 2
  [[ ! -s $file.pem || ! -s $file.key ]] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$DAYS" -subj "/CN=$subject" \
    -keyout "$file.key.new" -out "$file.pem.new" "$@" 2>"$file.log" || {
    cat "$file.log" >&2
    exit 1
  }
  mv "$file.key.new" "$file.key"
  mv "$file.pem.new" "$file.pem"
  rm -f "$file.log"
}

make authority 'kassaflow authority' -addext keyUsage=critical,keyCertSign,cRLSign
for server in "$@"; do
  IFS=@ read -r name address <<<"$server"
  make "$name" "$name.$DOMAIN" -CA authority.pem -CAkey authority.key -addext basicConstraints=critical,CA:FALSE \
    -addext "subjectAltName=DNS:$name.$DOMAIN${address:+,IP:$address}" -addext extendedKeyUsage=serverAuth,clientAuth
done
