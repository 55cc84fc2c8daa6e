// SPDX-License-Identifier: MIT
#include <tools/draw/render.h>
#include <tools/draw/svg_theme.h>

#ifdef WENGERT_HAVE_GRAPHVIZ
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WENGERT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WENGERT_SANITIZED
#endif
#endif
#ifdef WENGERT_SANITIZED
// What Graphviz and its fonts never free is not ours to report, nor are races in them: they are not
// instrumented, and run a thread of their own.
extern "C" {
const char* __lsan_default_suppressions();
const char* __tsan_default_suppressions();
const char* __lsan_default_suppressions() {
  return "leak:libgvc\nleak:libcgraph\nleak:libcdt\nleak:libgvplugin\nleak:libpango\nleak:libcairo\n"
         "leak:libfontconfig\nleak:libglib\n";
}
const char* __tsan_default_suppressions() {
  return "race:libgvc\nrace:libpango\nrace:libcairo\nrace:libfontconfig\nrace:libglib\nrace:libgobject\n";
}
}
#endif
#endif

namespace wengert {

#ifndef WENGERT_HAVE_GRAPHVIZ

bool can_render() { return false; }

std::string render(std::string_view, Format format, Theme) {
  const char* name = format == Format::svg ? "svg" : format == Format::png ? "png" : "pdf";
  throw RenderError(
      std::string("render: this build has no Graphviz, which ") + name +
      " needs (install libgraphviz-dev, then configure and build again); .dot files work without it");
}

#else

namespace {

// One call at a time: two threads in Graphviz crash, even with a context and a graph each.
std::mutex graphviz;

std::string complaints;  // guarded by graphviz

// Graphviz hands over a message in pieces: "Error", ": ", the text.
int collect(char* piece) {
  complaints += piece;
  return 0;
}

// Holds Graphviz for one picture.
class GraphvizGuard {
 public:
  GraphvizGuard() : outer_handler_(agseterrf(collect)) { complaints.clear(); }
  ~GraphvizGuard() { agseterrf(outer_handler_); }
  GraphvizGuard(const GraphvizGuard&) = delete;
  GraphvizGuard& operator=(const GraphvizGuard&) = delete;

 private:
  std::lock_guard<std::mutex> lock_{graphviz};
  agusererrf outer_handler_;
};

// One for the process: each would cost 5 KiB that is never given back.
GVC_t* context() {
  static GVC_t* const the_context = gvContext();
  return the_context;
}

// A bad label makes gvLayout return 0 and draw something else, so any message is a failure.
void expect_silence(std::string_view step, bool done) {
  if (done && complaints.empty()) return;
  std::string said = complaints.empty() ? "no reason given" : complaints;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  throw RenderError("render: Graphviz cannot " + std::string(step) + ": " + said);
}

// Graphviz orders boxes by the ids of their names, by default the addresses of these: the same text would
// give another picture each time. Here an id says which name came first.
class NameIds {
 public:
  // The functions are templates because their exact types differ between the versions of Graphviz.
  static Agiddisc_t discipline() {
    Agiddisc_t ids = AgIdDisc;
    ids.open = [](Agraph_t*, Agdisc_t*) -> void* { return new NameIds; };
    ids.map = map;
    ids.free = [](void*, int, IDTYPE) {};
    ids.print = print;
    ids.close = [](void* state) { delete static_cast<NameIds*>(state); };
    return ids;
  }

 private:
  template <class Found, class Letter, class Flag>
  static Found map(void* state, int, Letter* name, IDTYPE* id, Flag create) {
    auto& self = *static_cast<NameIds*>(state);
    if (name == nullptr) {
      *id = self.next_anonymous_;
      self.next_anonymous_ += 2;
      return 1;
    }
    const auto known = self.ids_.find(name);
    if (known != self.ids_.end()) {
      *id = known->second;
    } else if (create) {
      self.names_.emplace_back(name);
      *id = self.ids_[name] = 2 * self.names_.size();
    } else {
      *id = 0;
    }
    return 1;
  }

  template <class Letter>
  static Letter* print(void* state, int, IDTYPE id) {
    auto& self = *static_cast<NameIds*>(state);
    return id % 2 == 0 && id != 0 ? self.names_[id / 2 - 1].data() : nullptr;
  }

  std::deque<std::string> names_;  // the name of id 2, 4, …; a deque, because Graphviz keeps their addresses
  std::unordered_map<std::string, IDTYPE> ids_;
  IDTYPE next_anonymous_ = 1;
};

struct CloseGraph {
  void operator()(Agraph_t* graph) const {
    gvFreeLayout(context(), graph);
    agclose(graph);
  }
};
using GraphOwner = std::unique_ptr<Agraph_t, CloseGraph>;

GraphOwner read_graph(const std::string& dot) {
  static Agiddisc_t ids = NameIds::discipline();
  static Agdisc_t disciplines = AgDefaultDisc;
  disciplines.id = &ids;
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> text(
      fmemopen(const_cast<char*>(dot.data()), dot.size(), "r"), &std::fclose);
  if (text == nullptr) throw RenderError("render: no memory for the DOT text");
  GraphOwner graph(agread(text.get(), &disciplines));
  // What stands behind the graph would stay in Graphviz's buffer, to be taken for the next picture.
  bool more = false;
  while (Agraph_t* another = agread(text.get(), &disciplines)) {
    agclose(another);
    more = true;
  }
  expect_silence("read the DOT text", graph != nullptr);
  if (more) throw RenderError("render: the DOT text has more than one graph, expected one");
  return graph;
}

std::string render_bytes(Agraph_t* graph, const char* format) {
  char* bytes = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&bytes, &size);
  if (stream == nullptr) throw RenderError("render: no memory for the picture");
  const int failed = gvRender(context(), graph, format, stream);
  const bool closed = std::fclose(stream) == 0;
  const std::unique_ptr<char, decltype(&std::free)> owner(bytes, &std::free);
  expect_silence("draw the picture", failed == 0 && closed);
  return std::string(bytes, size);
}

}  // namespace

bool can_render() { return true; }

std::string render(std::string_view dot, Format format, Theme theme) {
  if (dot.empty()) throw RenderError("render: the DOT text is empty");
  if (dot.find('\0') != std::string_view::npos)
    throw RenderError("render: the DOT text has a zero byte in it");
  const std::string text(dot);
  std::string bytes;
  {
    const GraphvizGuard guard;
    const GraphOwner graph = read_graph(text);
    // Twice the size on paper: sharp on today's screens.
    if (format == Format::png)
      agattr(graph.get(), AGRAPH, const_cast<char*>("dpi"), const_cast<char*>("144"));
    expect_silence("lay out the graph", gvLayout(context(), graph.get(), "dot") == 0);
    bytes = render_bytes(graph.get(), format == Format::svg   ? "svg"
                                      : format == Format::png ? "png:cairo"
                                                              : "pdf");
  }
  return format == Format::svg ? finish_svg(bytes, theme) : bytes;
}

#endif

}  // namespace wengert
