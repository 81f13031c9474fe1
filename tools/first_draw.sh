#!/usr/bin/env bash
# A first draw, step by step: what `./dev run` ends with. It writes to build/first-draw/ only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec 2>&1 # commands and what they say, in their order
mkdir -p build/first-draw
cd build/first-draw
program=../release/shuangjian
generator=../../tests/cli/draw_instances.py
public=../../../shared/data/course-alloc/agh2003-multi60slot.json

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { # prints a command, then runs it
  printf '\033[2m$ %s\033[0m\n' "${*/#$program/shuangjian}" >&2
  "$@"
}
seats() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["stats"]["seated"])' "$1"; }

step "1. 志愿 / the wishes"
if [[ -f $public ]]; then
  run cp -f "$public" wishes.json # real rankings of courses at a university
else
  run python3 "$generator" school --students 240 --sections 12 --wishes 5 --slots 3 --out wishes.json
fi
chmod u+w wishes.json
run "$program" draw root --in wishes.json | tee root.txt
# The parties' shares come after the root is published; the seed is their hash.
seed=$(printf '学校|家委会|区县|%s' "$(cat root.txt)" | sha256sum | cut -c1-64)

step "2. 摇号：稳定匹配 / the draw: stable"
run "$program" draw --in wishes.json --rule stable --seed "$seed" --out stable.json

step "3. 复核：全部重算 / verify: everything again"
run "$program" draw verify --in wishes.json --result stable.json

step "4. 一条志愿为何没有录取 / why one wish was not granted"
student=$(python3 -c 'import json
print(next(waiting[0] for waiting in json.load(open("stable.json"))["waiting"].values() if waiting))')
run "$program" draw explain --in wishes.json --result stable.json --student "$student"

step "5. 这个家庭的回执，只凭公布的两个根与种子核对 / the family's receipt, checked with the roots and seed alone"
run "$program" draw root --in wishes.json --result stable.json >outcome.txt
run "$program" draw receipt --in wishes.json --result stable.json --student "$student" >receipt.json
run "$program" draw check-receipt receipt.json --root "$(cat root.txt)" --seed "$seed" \
  --outcome "$(cat outcome.txt)"

step "6. 公平规则少了多少名额 / how many seats the fair rule costs"
run "$program" draw --in wishes.json --rule welfare --seed "$seed" --out welfare.json
best=$(seats welfare.json) fair=$(seats stable.json)
printf '最多 %s 个名额，稳定匹配 %s 个，少 %s 个 / at most %s seats, stable %s: %s fewer\n' \
  "$best" "$fair" "$((best - fair))" "$best" "$fair" "$((best - fair))"

cat <<'NEXT'

接下来 / next
  用自己的数据：格式见 docs/algorithms/draw.md 第 1 节            your own file: its section 1
  本次的文件在 build/first-draw/                                   the files of this draw are there
  用另一种独立实现复核（浏览器或 Node）：                          check with the other implementation (browser, Node):
    npm --prefix web ci && npm --prefix web run build
    node web/dist/tools/draw_verify.js verify --in build/first-draw/wishes.json --result build/first-draw/stable.json
  全部检查：./dev check                                            all checks
NEXT
