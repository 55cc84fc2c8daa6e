// SPDX-License-Identifier: MIT
// What `graph` draws and how: the options of the wengert command and of a layer's own command line.
#pragma once

#include <tools/draw/subject_graph.h>

#include <string>

namespace CLI {
class App;
}

namespace wengert {

struct PictureChoice {
  GraphRequest request;  ///< `fused` and `view` follow from the texts below
  std::string form = "staged";
  std::string view;
  std::string by = "time";
  std::string output;  ///< empty: DOT text to stdout
  std::string theme = "light";
  bool ascii = false;
  std::size_t most_nodes = 0;
  double seconds = 1.0;
};

/// Adds --form, --view, --by, --set, --backward, --times, --max-nodes, --seconds, --ascii, --theme and -o.
void add_picture_options(CLI::App& command, PictureChoice& choice);

/// Draws one view of the layer to the file, and says to stderr what was drawn; or prints its DOT text.
/// Throws what subject_graph(), compare() and draw() throw.
template <class T>
void draw_picture(Subject<T> subject, PictureChoice choice);

}  // namespace wengert
