import * as request from 'supertest';
import { app } from './app';

describe('orders', () => {
  it('places an order', async () => {
    await request(app.getHttpServer()).post('/orders').send({ customer: 'ada', total: 3 }).expect(201);
  });

  it('shows one order', async () => {
    await request(app.getHttpServer()).get('/orders/1').expect(200);
  });

  it('cancels an order', async () => {
    await request(app.getHttpServer()).delete('/orders/1').expect(204);
  });
});
