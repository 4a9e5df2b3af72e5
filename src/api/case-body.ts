/** A person's case: the verdict on what nothing else could resolve, what it rests on, and the bank's own number where it is known. */
import Joi from 'joi';
import { field } from '../flows/input.ts';

export const caseBody = (...verdicts: readonly string[]): Joi.ObjectSchema =>
  Joi.object({
    verdict: Joi.string()
      .valid(...verdicts)
      .required(),
    evidence: field.note().required(),
    channelTradeNo: Joi.string()
      .max(64)
      .pattern(/^[\x21-\x7e]+$/, 'channelTradeNo')
      .allow(null)
      .default(null),
  }).required();
