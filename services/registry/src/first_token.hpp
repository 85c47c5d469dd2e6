#pragma once
// The first token of an installation: whoever may read the registry's database and keys is an operator already.

#include "app.hpp"

namespace kassaflow::registry {

// Prints a token of the operator's that is valid for 30 days; the one before it is void. The exit code.
int make_first_token(const RegistrySettings& settings);

}  // namespace kassaflow::registry
