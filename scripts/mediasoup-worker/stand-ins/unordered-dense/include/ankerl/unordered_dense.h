#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>
namespace ankerl::unordered_dense {
template<class T> struct hash : std::hash<T> {};
template<class K, class V, class H = hash<K>, class E = std::equal_to<K>>
using map = std::unordered_map<K, V, H, E>;
template<class K, class H = hash<K>, class E = std::equal_to<K>>
using set = std::unordered_set<K, H, E>;
}
