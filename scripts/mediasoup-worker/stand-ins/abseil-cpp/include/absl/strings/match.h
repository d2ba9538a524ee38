#pragma once
#include <absl/strings/string_view.h>
namespace absl {
inline bool StartsWith(string_view t, string_view p) { return t.substr(0, p.size()) == p; }
inline bool EndsWith(string_view t, string_view s) { return t.size() >= s.size() && t.substr(t.size() - s.size()) == s; }
inline bool StrContains(string_view t, string_view n) { return t.find(n) != string_view::npos; }
}
