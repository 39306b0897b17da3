/** `signalbox completion <shell>`: what a shell needs to complete calls of the program. */
import { quote } from '../plan/text.js'
import { bashScript, type CompletedVerb, fishScript, zshScript } from './completion-scripts.js'
import { EXIT } from './io.js'
import { usageError } from './problem.js'
import { COMMON_OPTIONS, type Verb, type VerbContext, type VerbEntry } from './verb.js'

const SCRIPTS: { readonly [shell: string]: (verbs: readonly CompletedVerb[]) => string } = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** The verb, for all these verbs. */
export function completionVerb(entries: readonly VerbEntry[]): Verb {
  return {
    name: 'completion',
    positionals: ['<shell>'],
    offers: Object.keys(SCRIPTS),
    options: {},
    about: [
      'Prints a script for bash, zsh or fish that completes verbs, options and their values. Have the shell read it when it starts;',
      'print it anew after an update of signalbox.',
    ],
    examples: [
      { call: 'source <(signalbox completion bash)', about: 'In ~/.bashrc.' },
      { call: 'signalbox completion zsh > ~/.zfunc/_signalbox', about: 'Into a folder of fpath, before compinit.' },
      { call: 'signalbox completion fish > ~/.config/fish/completions/signalbox.fish', about: 'Once.' },
    ],
    run: (context) => completion(entries, context),
  }
}

async function completion(entries: readonly VerbEntry[], { args, io, output }: VerbContext): Promise<number> {
  const shell = args.positionals[0] ?? ''
  if (!Object.hasOwn(SCRIPTS, shell)) {
    throw usageError(`There is no script for ${quote(shell)}.`, `The shells are ${Object.keys(SCRIPTS).join(', ')}.`)
  }
  const verbs = await Promise.all(
    entries.map(async ({ name, summary, load }): Promise<CompletedVerb> => {
      const { options, positionals, offers } = await load()
      const takes = offers ?? (positionals[0] === '<plan>' ? 'files' : [])
      return { name, summary, takes, options: { ...options, ...COMMON_OPTIONS } }
    }),
  )
  const help = {
    name: 'help',
    summary: 'Tell of the verbs, or of one.',
    takes: entries.map(({ name }) => name),
    options: {},
  }
  const text = SCRIPTS[shell]!([...verbs, help])
  if (output.format === 'people') io.stdout.write(text)
  output.document({ ok: true, shell, text })
  return EXIT.ok
}
