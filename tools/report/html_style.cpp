// SPDX-License-Identifier: MIT
#include <tools/report/html_page.h>

namespace wengert {

// The colours are those of the pictures: dot_theme.cpp.
std::string_view page_style() {
  return R"css(:root{color-scheme:light dark;--page:#ffffff;--panel:#f6f8fa;--line:#d0d7de;--ink:#1f2328;--muted:#57606a;
--good:#00735a;--bad:#c2122e;--link:#0063a0;--staged:#57606a;--fused:#6e4fb8;--saved:#fff3d1}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--panel:#161b22;--line:#3d444d;--ink:#e6edf3;--muted:#9198a1;
--good:#4fd6a8;--bad:#ff7b8a;--link:#79c0ff;--staged:#9198a1;--fused:#b196ff;--saved:#3a2d0a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 "DejaVu Sans",Verdana,"Segoe UI",sans-serif}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem;margin:.5rem 0 0}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--line)}
h2 a{color:inherit;text-decoration:none}
h2 a:hover{text-decoration:underline}
p,ul{margin:.4rem 0;max-width:60rem}
a{color:var(--link)}
.meta,figcaption,.note{color:var(--muted);font-size:.86rem}
.verdict{margin:1rem 0;padding:.8rem 1rem;border:2px solid;border-radius:.6rem;background:var(--panel);font-size:1.15rem;font-weight:bold}
.good{color:var(--good)}
.bad{color:var(--bad)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.9rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.88rem;margin:.4rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.28rem .7rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child{text-align:left}
thead th{color:var(--muted);font-weight:normal}
td:has(.bar),td .good,td .bad,#costs td,#costs th{text-align:left}
.bar{display:inline-block;height:.55rem;border-radius:2px;vertical-align:middle;margin-right:.4rem;min-width:2px}
.staged{background:var(--staged)}
.fused{background:var(--fused)}
.path-direct{color:#00735a}.path-mean{color:#0063a0}.path-variance{color:#b04a00}
@media (prefers-color-scheme:dark){.path-direct{color:#4fd6a8}.path-mean{color:#79c0ff}.path-variance{color:#ffa657}}
figure{margin:.6rem 0;border:1px solid var(--line);border-radius:.6rem;background:var(--page);overflow:hidden}
figcaption{padding:.4rem .8rem;border-top:1px solid var(--line)}
.picture{overflow:auto;text-align:center}
.picture svg{max-width:100%;height:auto}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:.8rem}
.plots .picture{background:#ffffff}
.tools{display:none}
.js .tools{display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;padding:.4rem .8rem;border-bottom:1px solid var(--line);font-size:.86rem}
.tools output{color:var(--muted);margin-right:auto}
.tools input,.tools button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:.4rem;padding:.15rem .6rem}
.tools input{width:11rem;max-width:45vw}
.explore .zoomed{cursor:grab;touch-action:none}
.explore .zoomed:active{cursor:grabbing}
.explore g.node{cursor:pointer}
.explore svg.lighting g.node,.explore svg.lighting g.edge{opacity:.22}
.explore svg.lighting g.lit{opacity:1}
.explore svg g.node:focus{outline:2px solid var(--link)}
pre{overflow-x:auto;background:var(--panel);padding:.8rem;border-radius:.6rem;font-size:.8rem}
details{margin:.4rem 0}
@media (max-width:40rem){body{font-size:15px}.bar{display:none}main{padding:.6rem}h1{font-size:1.3rem}
th,td{padding:.24rem .45rem}td .meta{display:block}tbody th{white-space:normal}.explore .picture svg{min-width:34rem}.sheet .picture svg{min-width:44rem}}
@media print{.tools,.js .tools,nav{display:none}body{font-size:11px}figure,table,h2+*{break-inside:avoid}
h2,.note{break-after:avoid}main{max-width:none}.wide{overflow:visible}table{font-size:9.5px}
th,td{padding:.2rem .4rem;white-space:normal}td .meta{font-size:inherit}
.picture svg{max-height:19cm}}
)css";
}

}  // namespace wengert
