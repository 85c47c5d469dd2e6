#pragma once
// kassactl as a function: arguments in, text and exit code out. main.cpp and the tests call it.

#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "connections.hpp"

namespace kassaflow::kassactl {

// `arguments` without the program's name. `interactive`: a person types `in`, and may be asked.
int run(const std::vector<std::string>& arguments, const Environment& environment, std::istream& in, std::ostream& out,
        std::ostream& err, bool interactive = false);

}  // namespace kassaflow::kassactl
