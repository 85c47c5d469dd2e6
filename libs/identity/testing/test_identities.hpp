#pragma once
// Certificates for tests, made with the build.

#include <string>

#include "kassaflow/identity/identity.hpp"

namespace kassaflow::identity {

// As scripts/certificates.sh made them for `service`.
inline Files files_of(const std::string& service, const std::string& folder = KASSAFLOW_TEST_CERTIFICATES) {
  return {folder + "/authority.pem", folder + "/" + service + ".pem", folder + "/" + service + ".key"};
}

// The right name, signed by an authority of its own.
inline Files stranger(const std::string& service) {
  return files_of(service, std::string(KASSAFLOW_TEST_CERTIFICATES) + "/strangers");
}

}  // namespace kassaflow::identity
