import { expect, test } from 'vitest';
import { ApiProblem } from '../../../web-console/api/client.ts';
import { whileBusy } from '../../../web-console/api/while-busy.ts';

const problem = (code: string): ApiProblem => new ApiProblem({ code, status: 503, vi: '', en: '', outcome: 'refused' });

/** Answers one after the other, as the server gives them. */
async function asked(answers: (string | ApiProblem)[]): Promise<{ answer: unknown; told: number; tries: number }> {
  let told = 0;
  let tries = 0;
  const ask = async (): Promise<string> => {
    const answer = answers[Math.min(tries++, answers.length - 1)];
    if (typeof answer === 'string') return answer;
    throw answer;
  };
  const answer = await whileBusy(
    ask,
    () => told++,
    async () => undefined,
  ).catch((error: ApiProblem) => error.code);
  return { answer, told, tries };
}

test('a busy server is asked again, and the person is told once', async () => {
  expect(await asked(['spoken'])).toEqual({ answer: 'spoken', told: 0, tries: 1 });
  expect(await asked([problem('offload.busy'), problem('offload.interrupted'), 'spoken'])).toEqual({ answer: 'spoken', told: 1, tries: 3 });
});

test('any other answer is final, and a server that stays busy is not asked for ever', async () => {
  expect(await asked([problem('offload.too_long')])).toEqual({ answer: 'offload.too_long', told: 0, tries: 1 });
  expect(await asked([problem('offload.busy')])).toEqual({ answer: 'offload.busy', told: 1, tries: 30 });
});
