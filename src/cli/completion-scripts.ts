/** The scripts that complete calls, made from the table of verbs. Their words are ours; nothing in them is run. */
import { SHORT } from './arguments.js'
import type { OptionSpec, OptionTable } from './verb.js'

export interface CompletedVerb {
  readonly name: string
  readonly summary: string
  /** For its arguments. */
  readonly takes: readonly string[] | 'files'
  readonly options: OptionTable
}

type Offers = readonly string[] | 'files'

function offersOf(spec: OptionSpec): Offers {
  return spec.kind === 'value' ? (spec.offers ?? []) : []
}

function spellings(name: string): readonly string[] {
  return SHORT[name] === undefined ? [`--${name}`] : [`-${SHORT[name]}`, `--${name}`]
}

/** In single quotes, for all three shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** `:` is a break of words to bash, so what is offered after one is cut off in front of it. */
export function bashScript(verbs: readonly CompletedVerb[]): string {
  const reply = (offers: Offers): string =>
    offers === 'files'
      ? 'COMPREPLY=($(compgen -f -- "$cur"))'
      : `COMPREPLY=($(compgen -W ${quoted(offers.join(' '))} -- "$cur"))`
  const cases = verbs.map(({ name, takes, options }) => {
    const valued = Object.entries(options).filter(([, { kind }]) => kind === 'value')
    const values = valued.map(
      ([option, spec]) => `        ${spellings(option).join('|')}) ${reply(offersOf(spec))}; return ;;`,
    )
    const words = Object.keys(options).flatMap(spellings)
    return [
      `    ${name})`,
      ...(values.length === 0 ? [] : ['      case $prev in', ...values, '      esac']),
      `      if [[ $cur == -* ]]; then ${reply(words)}; else ${reply(takes)}; fi ;;`,
    ].join('\n')
  })
  return `# signalbox completion bash
_signalbox() {
  local cur prev verb="" word
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local words cword
    _get_comp_words_by_ref -n : cur prev words cword
  else
    cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
    local words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi
  for word in "\${words[@]:1:cword-1}"; do
    if [[ $word != -* ]]; then verb=$word; break; fi
  done
  COMPREPLY=()
  case $verb in
    "") ${reply([...verbs.map(({ name }) => name), '--help', '--version', '--json'])} ;;
${cases.join('\n')}
  esac
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$cur"; fi
}
complete -o filenames -F _signalbox signalbox
`
}

export function zshScript(verbs: readonly CompletedVerb[]): string {
  const about = (text: string): string => text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`)
  const action = (offers: Offers): string => (offers === 'files' ? '_files' : `(${offers.join(' ')})`)
  const cases = verbs.map(({ name, takes, options }) => {
    const specs = Object.entries(options).flatMap(([option, spec]) =>
      spellings(option).map((spelling) => {
        const many = spec.kind === 'value' && spec.many === true ? '*' : ''
        const value =
          spec.kind === 'value' ? `:${about(spec.value)}:${action(offersOf(spec)).replaceAll(':', '\\:')}` : ''
        return quoted(`${many}${spelling}[${about(spec.about)}]${value}`)
      }),
    )
    return `    ${name}) _arguments ${[...specs, quoted(`*:argument:${action(takes)}`)].join(' \\\n      ')} ;;`
  })
  return `#compdef signalbox
# signalbox completion zsh
_signalbox() {
  local -a verbs
  verbs=(
${verbs.map(({ name, summary }) => `    ${quoted(`${name}:${about(summary)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _signalbox ]]; then _signalbox "$@"; else compdef _signalbox signalbox; fi
`
}

export function fishScript(verbs: readonly CompletedVerb[]): string {
  const fish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const given = (offers: Offers): string => (offers === 'files' ? '-r -F' : `-x -a ${fish(offers.join(' '))}`)
  const lines = verbs.flatMap(({ name, summary, takes, options }) => [
    `complete -c signalbox -n __fish_use_subcommand -f -a ${name} -d ${fish(summary)}`,
    `complete -c signalbox -n '__fish_seen_subcommand_from ${name}' ${takes === 'files' ? '-F' : `-f -a ${fish(takes.join(' '))}`}`,
    ...Object.entries(options).map(([option, spec]) => {
      const short = SHORT[option] === undefined ? '' : ` -s ${SHORT[option]}`
      const value = spec.kind === 'value' ? ` ${given(offersOf(spec))}` : ''
      return `complete -c signalbox -n '__fish_seen_subcommand_from ${name}'${short} -l ${option}${value} -d ${fish(spec.about)}`
    }),
  ])
  return `# signalbox completion fish\n${lines.join('\n')}\n`
}
