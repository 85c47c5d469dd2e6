#pragma once
// Operations on the journal, which all fiscalizers share.

#include <functional>
#include <string>

#include "connections.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"

namespace kassaflow::kassactl {

using Operation = std::function<grpc::Status(v1::Fiscalizer::Stub&, grpc::ClientContext&)>;

// Each is compare-and-set on the journal: the first worker that carries it out is enough. Throws Failure with the
// reason when none does.
void operate(const Environment& environment, const Operation& operation);

}  // namespace kassaflow::kassactl
